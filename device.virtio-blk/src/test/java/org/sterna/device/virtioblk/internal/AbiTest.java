package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.time.GuestClock;
import org.sterna.testkit.DeviceBench;

/** What a guest saw of release 1.0.0 and what that release put into its state is what later releases show and take. */
class AbiTest {
    static final long FEATURES_OF_ABI_10 =
        1L << 2 | 1L << 6 | 1L << 9 | 1L << 10 | 1L << 28 | 1L << 29 | 1L << 32;
    /** The configuration space of a disk of 64 sectors under ABI 1.0, up to the last byte that is not zero. */
    private static final String CONFIG_OF_ABI_10 =
        "4000000000000000" + "00000000" + "fe000000" + "00000000" + "00020000" + "0300" + "0800";
    /** The state that release 1.0.0 gave after 300 writes by a driver that had acked every feature. */
    private static final String STATE_OF_100 = "a101a8010f021b0000000130000644030104000501060107000881"
        + "a70119010002f5031a80000000041a80001000051a800012080619012c0719012c";
    private static final AbiVersion ABI_10 = new AbiVersion(1, 0);
    @TempDir
    Path directory;

    private BlockGuest guest(AbiVersion abi, String... properties) {
        var values = new HashMap<>(Map.of("drive", BlockGuest.disk(directory, 64).toString()));
        for (String property : properties) {
            values.put(property, "off");
        }
        var bench = new DeviceBench(new BlockDeviceFactory(), abi, values, new GuestClock(), 16 << 20);
        bench.serialized(() -> {
            bench.attach();
            bench.device().reset();
        });
        bench.start();
        return new BlockGuest(bench, ALL);
    }

    private static void assertShowsAbi10(BlockGuest guest) {
        assertEquals(FEATURES_OF_ABI_10, guest.driver.offered());
        var config = new byte[256];
        for (int i = 0; i < config.length; i++) {
            config[i] = (byte) guest.driver.config(i, 1);
        }
        var expected = new byte[256];
        byte[] known = HexFormat.of().parseHex(CONFIG_OF_ABI_10);
        System.arraycopy(known, 0, expected, 0, known.length);
        assertArrayEquals(expected, config);
        assertEquals(BlockGuest.UNSUPPORTED, guest.request(11, 0, new byte[16], 0).status());
        assertEquals(BlockGuest.UNSUPPORTED, guest.request(13, 0, new byte[16], 0).status());
    }

    @Test
    void abi10IsAsItWas() {
        try (var guest = guest(ABI_10)) {
            assertShowsAbi10(guest);
        }
    }

    @Test
    void abi11WithoutItsFeaturesIsAbi10() {
        try (var guest = guest(new AbiVersion(1, 1), "discard", "write-zeroes")) {
            assertShowsAbi10(guest);
        }
    }

    /** What {@code abi diff} of two machine types tells to switch, turned back. */
    private static final Map<String, String> BACK_TO_11 = Map.of("mq", "off", "geometry", "off", "config-wce", "off");
    private static final Map<String, String> BACK_TO_10 = with(BACK_TO_11, "discard", "write-zeroes");

    private static Map<String, String> with(Map<String, String> switches, String... off) {
        var more = new HashMap<>(switches);
        for (String name : off) {
            more.put(name, "off");
        }
        return more;
    }

    @Test
    void theDocumentOfANewerAbiWithItsFeaturesOffSaysNothingThatAnOlderReleaseDoesNotKnow() {
        var abi11 = new AbiVersion(1, 1);
        var abi12 = new AbiVersion(1, 2);
        var abi13 = new AbiVersion(1, 3);
        assertEquals(settings(ABI_10, Map.of()), settings(abi11, with(Map.of(), "discard", "write-zeroes")));
        assertEquals(settings(abi11, Map.of()), settings(abi12, BACK_TO_11));
        assertEquals(settings(ABI_10, Map.of()), settings(abi12, BACK_TO_10));
        assertEquals(settings(abi12, Map.of()), settings(abi13, Map.of()), "only a legacy device has barriers");
        var legacy = Map.of("registers", "legacy");
        assertEquals(settings(abi12, legacy), settings(abi13, with(legacy, "barrier")));
        assertEquals(settings(ABI_10, Map.of()), settings(abi13, BACK_TO_10));
    }

    @Test
    void abi12WithoutItsFeaturesIsAbi10() {
        try (var guest = guest(new AbiVersion(1, 2), BACK_TO_10.keySet().toArray(String[]::new))) {
            assertShowsAbi10(guest);
        }
    }

    private static Map<String, Object> settings(AbiVersion abi, Map<String, String> given) {
        var values = new TreeMap<String, Object>();
        Configuration.ofUser(BlockProperties.MODEL, abi, given, (property, complaint) -> {
            throw new AssertionError(property.name() + ": " + complaint);
        }).part(0).settings().forEach((name, setting) -> values.put(name, setting.value()));
        return values;
    }

    @Test
    void takesTheStateOf100AndGivesItWithDefaultsThat100NeedNotKnow() throws Exception {
        byte[] state = HexFormat.of().parseHex(STATE_OF_100);
        try (var guest = guest(ABI_10)) {
            guest.driver.reset();
            guest.bench().load(state);
            var saved = (Map<?, ?>) Cbor.decode(guest.bench().save());
            assertEquals(((Map<?, ?>) Cbor.decode(state)).get(1L), saved.get(1L));
            var newer = new HashMap<Long, Object>();
            for (var field : BlockProperties.MODEL.state().schema().fields()) {
                if (field.since() > 1) {
                    newer.put((long) field.id(), field.defaultValue());
                }
            }
            assertEquals(2, newer.size());
            newer.forEach((id, value) -> assertEquals(value, saved.get(id)));
        }
    }

    @Test
    void aGuestOfAbi10MovesOn() throws Exception {
        try (var guest = guest(ABI_10)) {
            guest.write(1, new byte[512]);
            guest.migrate(new BlockDeviceFactory(), Map.of("drive", directory.resolve("disk.raw").toString()));
            assertShowsAbi10(guest);
            assertEquals(OK, guest.read(1, 512).status());
        }
    }
}
