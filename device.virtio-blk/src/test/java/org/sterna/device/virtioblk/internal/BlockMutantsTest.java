package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.probe.AbiBaselines;
import org.sterna.testkit.probe.Mutant;

/** Each change that a guest could see, planted around the disk, turns the gate red and is named. */
class BlockMutantsTest {
    @TempDir
    static Path directory;

    private final Mutant disk = Mutant.of(new BlockDeviceFactory());

    private static void assertCaught(DeviceFactory mutant, String... named) {
        String message = assertThrows(AssertionError.class, () -> verify(mutant)).getMessage();
        for (String name : named) {
            assertTrue(message.contains(name), () -> "'" + name + "' is not in:\n" + message);
        }
        assertTrue(message.contains("docs/abi/virt-1.1/virtio-blk.txt"), message);
    }

    private static void verify(DeviceFactory factory) {
        AbiBaselines.of(new BlockDeviceFactory(), Path.of("../docs/abi"))
            .machineTypes(Path.of("../machine.virt/src/main/resources/STERNA-INF/machine-types"))
            .probe(probe -> BlockAbiTest.situations(probe, BlockGuest.disk(directory, 64)))
            .named("virt-1.1").madeBy("a mutant", factory).verify();
    }

    @Test
    void withoutAChangeItIsGreen() {
        verify(disk);
    }

    @Test
    void anotherFeature() {
        assertCaught(disk.reading(VirtioDriver.DEVICE_FEATURES, 4, word -> word | 1 << 20),
            "virtio features 0: was 30006644, is 30106644 (bit 20, a feature of no property, is now 1)");
    }

    @Test
    void aFeatureThatIsGone() {
        assertCaught(disk.reading(VirtioDriver.DEVICE_FEATURES, 4, word -> word & ~(1 << 13)),
            "(bit 13, the feature discard, is now 0)");
    }

    @Test
    void aFeatureThatMayBeAckedWithoutBeingOffered() {
        assertCaught(disk.writing(VirtioDriver.DRIVER_FEATURES, 4, word -> word & ~(1L << 20)),
            "virtio accepts: was 0000000130006644, is 0010000130106644");
    }

    @Test
    void anotherByteOfTheConfiguration() {
        assertCaught(disk.reading(VirtioDriver.CONFIG + 24, 1, value -> value + 1),
            "reset read 0x118/1: was 03, is 04");
    }

    @Test
    void anotherQueueSize() {
        assertCaught(disk.reading(VirtioDriver.QUEUE_SIZE_MAX, 4, value -> value / 2),
            "virtio queue 0 size-max: was 256, is 128");
    }

    @Test
    void anotherDefault() {
        assertCaught(disk.withDefault("segments", "128"), "reset read 0x10c/4: was 000000fe, is 00000080");
        assertCaught(disk.withDefault("flush", "off"), "(bit 9, the feature flush, is now 0)",
            "requests status of flush: was 0, is 2");
    }

    @Test
    void anotherPropertyInTheDeviceTree() {
        assertCaught(disk.announced(node -> node.with("dma-coherent")), "node property dma-coherent: is new");
    }

    @Test
    void anotherStatusAfterInitialisation() {
        assertCaught(disk.reading(VirtioDriver.STATUS, 4, status -> (status & 4) != 0 ? status | 0x40 : status),
            "driver-ok status after driver-ok: was 0f, is 4f");
    }
}
