package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.*;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.abi.Provenance;

/** What a disk says about itself: geometry, topology, wear. */
class IdentityTest {
    private static final int SECTORS = 16 * 63 * 3 + 5;
    @TempDir
    Path directory;

    private BlockGuest guest(String... properties) {
        var values = new HashMap<>(Map.of("drive", BlockGuest.disk(directory, SECTORS).toString()));
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        return new BlockGuest(values, ALL);
    }

    private static String geometry(BlockGuest guest) {
        return guest.driver.config(16, 2) + "/" + guest.driver.config(18, 1) + "/" + guest.driver.config(19, 1);
    }

    @Test
    void aGeometryThatIsNotGivenFollowsFromTheCapacityAndIsLocked() throws Exception {
        try (var guest = guest()) {
            assertEquals("3/16/63", geometry(guest));
            var settings = guest.bench().abi().settings();
            assertEquals(3L, settings.get("cylinders").value());
            assertEquals(Provenance.HOST, settings.get("cylinders").provenance());
            assertEquals(Provenance.MACHINE_TYPE, settings.get("heads").provenance());
            guest.migrate(new BlockDeviceFactory(), Map.of("drive", BlockGuest.disk(directory, 2 * SECTORS).toString()));
            assertEquals("3/16/63", geometry(guest));
            assertEquals(settings, guest.bench().abi().settings());
        }
    }

    @ParameterizedTest
    @CsvSource({"cylinders,7,7/16/63", "heads,1,48/1/63", "sectors,9,21/16/9", "heads,0,3029/0/63", "cylinders,0,0/16/63"})
    void whatIsGivenIsTaken(String name, String value, String expected) {
        try (var guest = guest(name, value)) {
            assertEquals(expected, geometry(guest));
        }
    }

    @Test
    void withoutTheFeatureThereIsNoGeometryAndNothingOfItInTheDocument() {
        try (var guest = guest("geometry", "off")) {
            assertEquals(0, guest.driver.offered() & 1L << 4);
            assertEquals("0/0/0", geometry(guest));
            assertNull(guest.bench().abi().settings().get("cylinders"));
        }
        var refused = assertThrows(IllegalArgumentException.class, () -> guest("geometry", "off", "heads", "4"));
        assertTrue(refused.getMessage().contains("only with geometry=on"), refused.getMessage());
    }

    @Test
    void theTopologyIsThatOfTheProperties() {
        try (var guest = guest()) {
            assertEquals("3,0,8,0", topology(guest));
        }
        try (var guest = guest("alignment-offset", "3", "min-io", "64K", "opt-io", "1M")) {
            assertEquals("3,3,128,2048", topology(guest));
        }
    }

    private static String topology(BlockGuest guest) {
        return guest.driver.config(24, 1) + "," + guest.driver.config(25, 1) + "," + guest.driver.config(26, 2) + ","
            + guest.driver.config(28, 4);
    }

    @Test
    void theWearIsThatOfTheProperties() {
        try (var guest = guest()) {
            assertEquals(UNSUPPORTED, guest.request(10, 0, new byte[0], 6).status());
        }
        try (var guest = guest("lifetime", "on")) {
            assertArrayEquals(new byte[6], guest.request(10, 0, new byte[0], 6).data());
            assertEquals(IO_ERROR, guest.request(10, 0, new byte[0], 5).status());
            assertEquals(IO_ERROR, guest.request(10, 0, new byte[0], 512).status());
        }
        try (var guest = guest("lifetime", "on", "lifetime-pre-eol", "2", "lifetime-a", "11", "lifetime-b", "1")) {
            Answer answer = guest.request(10, 0, new byte[0], 6);
            assertEquals(OK, answer.status());
            assertArrayEquals(new byte[] {2, 0, 11, 0, 1, 0}, answer.data());
        }
    }
}
