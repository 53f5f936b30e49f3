package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.testkit.VirtioDriver.*;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.MachineException;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;

/** The registers of section 4.2.2 and the initialization of section 3.1.1. */
class RegistersTest {
    private final DeviceBench bench = new DeviceBench(new EchoFactory(), Map.of());
    private final VirtioDriver driver = new VirtioDriver(bench);

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void identifiesItself() {
        assertEquals(0x74726976, driver.read(MAGIC_VALUE));
        assertEquals(2, driver.read(VERSION));
        assertEquals(42, driver.read(DEVICE_ID));
        assertEquals(1L | INDIRECT_DESC | EVENT_IDX | VERSION_1, driver.offered());
        driver.write(DEVICE_FEATURES_SEL, 2);
        assertEquals(0, driver.read(DEVICE_FEATURES));
    }

    @Test
    void onlyAlignedWordsReachRegisters() {
        assertEquals(0, bench.read(MAGIC_VALUE, 1));
        assertEquals(0, bench.read(MAGIC_VALUE, 2));
        assertEquals(0, bench.read(MAGIC_VALUE, 8));
        bench.write(STATUS, 1, 1);
        bench.write(STATUS, 8, 1);
        assertEquals(0, driver.read(STATUS));
    }

    @Test
    void thereIsNoSharedMemory() {
        driver.write(0x0ac, 0);
        assertEquals(-1, driver.read(0x0b0));
        assertEquals(-1, driver.read(0x0b4));
        assertEquals(-1, driver.read(0x0b8));
        assertEquals(-1, driver.read(0x0bc));
    }

    @Test
    void configurationSpaceIsReadInAnyWidthAndEndsInZeroes() {
        assertEquals(0x11, driver.config(0, 1));
        assertEquals(0x2233, driver.config(2, 2));
        assertEquals(0x44556677, driver.config(4, 4));
        assertEquals(0x8899aabbccddeeffL, driver.config(8, 8));
        assertEquals(0x8899aabbccddeeffL, bench.read(CONFIG + 8, 8));
        assertEquals(0, driver.config(16, 4));
        assertEquals(0, bench.read(VirtioMmio.REGISTER_BYTES - 8, 8));
        bench.write(CONFIG, 4, -1);
        assertEquals(0x11, driver.config(0, 1));
    }

    @Test
    void aQueueThatDoesNotExistHasNoSize() {
        driver.write(QUEUE_SEL, 1);
        assertEquals(EchoFactory.QUEUE_SIZE, driver.read(QUEUE_SIZE_MAX));
        for (int queue : new int[] {2, 0x1_0000, -1}) {
            driver.write(QUEUE_SEL, queue);
            assertEquals(0, driver.read(QUEUE_SIZE_MAX));
            driver.write(QUEUE_SIZE, 4);
            driver.write(QUEUE_READY, 1);
            assertEquals(0, driver.read(QUEUE_READY));
            driver.write(QUEUE_NOTIFY, queue);
        }
    }

    @Test
    void featuresThatAreNotOfferedAreNotAccepted() {
        driver.reset();
        driver.addStatus(ACKNOWLEDGE | DRIVER);
        driver.writeFeatures(VERSION_1 | 1L << 40);
        assertEquals(ACKNOWLEDGE | DRIVER, driver.addStatus(FEATURES_OK));
        driver.writeFeatures(VERSION_1 | 1);
        assertEquals(ACKNOWLEDGE | DRIVER | FEATURES_OK, driver.addStatus(FEATURES_OK));
        assertEquals(Set.of("echo", "version-1"), bench.call(d -> d.acknowledged()));
    }

    @Test
    void aLegacyDriverIsNotAccepted() {
        driver.reset();
        driver.addStatus(ACKNOWLEDGE | DRIVER);
        driver.writeFeatures(1);
        assertEquals(0, driver.addStatus(FEATURES_OK) & FEATURES_OK);
        assertEquals(0, driver.addStatus(DRIVER_OK) & DRIVER_OK);
        assertEquals(Set.of(), bench.call(d -> d.acknowledged()));
    }

    @Test
    void featuresAreFrozenOnceTheyAreSettled() {
        driver.negotiate(VERSION_1);
        driver.writeFeatures(VERSION_1 | INDIRECT_DESC | EVENT_IDX);
        assertEquals(Set.of("version-1"), bench.call(d -> d.acknowledged()));
    }

    @Test
    void aDriverCannotTakeStatusBitsBack() {
        driver.negotiate(VERSION_1).ready();
        driver.write(STATUS, ACKNOWLEDGE);
        assertEquals(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK, driver.read(STATUS));
        driver.write(STATUS, 0);
        assertEquals(0, driver.read(STATUS));
        assertEquals(Set.of(), bench.call(d -> d.acknowledged()));
    }

    @Test
    void aChangeOfConfigurationInterruptsAndMovesTheGeneration() {
        var transport = ((EchoFactory.Echo) bench.device()).transport();
        driver.negotiate(VERSION_1);
        bench.serialized(transport::configChanged);
        assertFalse(bench.interruptLevel());
        driver.ready();
        bench.serialized(transport::configChanged);
        assertTrue(bench.interruptLevel());
        assertEquals(2, driver.read(CONFIG_GENERATION));
        assertEquals(EchoGuest.CONFIG_CHANGE, driver.takeInterrupt());
        assertFalse(bench.interruptLevel());
    }

    @Test
    void featuresFollowTheProperties() {
        try (var other = new DeviceBench(new EchoFactory(), Map.of("event-idx", "off", "echo", "off"))) {
            assertEquals(INDIRECT_DESC | VERSION_1, new VirtioDriver(other).offered());
        }
        var refused = assertThrows(MachineException.class,
            () -> new DeviceBench(new EchoFactory(), Map.of("version-1", "off")));
        assertEquals(MachineException.Kind.USAGE, refused.kind());
        assertEquals("version-1", refused.reasons().getFirst().item());
    }
}
