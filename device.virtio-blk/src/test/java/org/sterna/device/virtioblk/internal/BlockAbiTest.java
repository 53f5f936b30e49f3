package org.sterna.device.virtioblk.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.device.virtioblk.internal.BlockGuest.Answer;
import org.sterna.testkit.probe.AbiBaseline;
import org.sterna.testkit.probe.AbiBaselines;
import org.sterna.testkit.probe.AbiProbe;
import org.sterna.testkit.probe.ProbeGuest;

/** What a guest sees of a disk of 64 sectors is what was frozen for each machine type. */
class BlockAbiTest {
    /** The types of requests (virtio 1.3, section 5.2.6) that not every device knows. */
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;
    private static final int SECURE_ERASE = 14;

    @TempDir
    static Path directory;

    @RegisterExtension
    static final AbiBaselines BASELINES = AbiBaselines.of(new BlockDeviceFactory(), Path.of("../docs/abi"))
        .machineTypes(Path.of("../machine.virt/src/main/resources/STERNA-INF/machine-types"))
        .releases(Path.of("../cnf/release"), "org.sterna.device.virtio-blk-*.jar")
        .variant("legacy", Map.of("registers", "legacy"))
        .variant("everything", Map.of("size-max", "on", "lifetime", "on", "secure-erase", "on", "ring-packed", "on",
            "queues", "4"))
        .probe(probe -> situations(probe, BlockGuest.disk(directory, 64)));

    /** A probe with a disk, that has seen how the device answers each kind of request. */
    static AbiProbe situations(AbiProbe probe, Path disk) {
        return probe.with("drive", disk.toString()).observing("requests", BlockAbiTest::request);
    }

    private static void request(ProbeGuest guest) {
        var driver = new BlockGuest(guest.bench(), BlockGuest.ALL);
        observe(guest, "read", driver.read(0, 512));
        observe(guest, "read beyond the end", driver.read(64, 512));
        observe(guest, "write", driver.request(BlockRequest.OUT, 0, new byte[512], 0));
        observe(guest, "barrier write", driver.request(BlockRequest.BARRIER | BlockRequest.OUT, 0, new byte[512], 0));
        observe(guest, "flush", driver.request(BlockRequest.FLUSH, 0, new byte[0], 0));
        observe(guest, "discard", driver.request(DISCARD, 0, range(1), 0));
        observe(guest, "write-zeroes", driver.request(WRITE_ZEROES, 0, range(2), 0));
        observe(guest, "secure-erase", driver.request(SECURE_ERASE, 0, range(3), 0));
        Answer lifetime = driver.request(BlockRequest.GET_LIFETIME, 0, new byte[0], 6);
        observe(guest, "get-lifetime", lifetime);
        guest.observe("lifetime", HexFormat.of().formatHex(lifetime.data()));
        Answer identity = driver.request(BlockRequest.GET_ID, 0, new byte[0], BlockProperties.SERIAL_BYTES);
        observe(guest, "get-id", identity);
        guest.observe("serial number", HexFormat.of().formatHex(identity.data()));
        guest.observeInterrupt("after all");
    }

    private static void observe(ProbeGuest guest, String request, Answer answer) {
        guest.observe("status of " + request, answer.status());
    }

    /** One sector as a range of a discard or write-zeroes request. */
    private static byte[] range(int sector) {
        return ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(sector).putInt(1).array();
    }

    @TestTemplate
    void aGuestSeesWhatWasFrozen(AbiBaseline baseline) {
        baseline.verify();
    }
}
