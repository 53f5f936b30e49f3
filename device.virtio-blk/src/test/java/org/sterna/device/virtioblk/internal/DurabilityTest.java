package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.sterna.device.virtioblk.internal.BlockGuest.*;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sterna.machine.MachineException;
import org.sterna.testkit.VirtioDriver;

/** When data is on the disk, and what happens if it cannot get there. */
class DurabilityTest {
    private static final long FLUSH = 1L << 9;
    private final RecordingDisk disk = new RecordingDisk(16);

    private BlockGuest guest(long features, String... properties) {
        var values = new HashMap<>(Map.of("drive", "memory"));
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        return new BlockGuest(disk.bench(values), features);
    }

    private static List<String> writes(int count, String... after) {
        var calls = new ArrayList<>(Collections.nCopies(count, "write"));
        calls.addAll(List.of(after));
        return calls;
    }

    @Test
    void aFlushForcesWhatWasWritten() {
        try (var guest = guest(ALL)) {
            assertEquals(OK, guest.write(0, new byte[512]));
            assertEquals(writes(6), disk.calls);
            assertEquals(OK, guest.flush());
            assertEquals(writes(6, "force"), disk.calls);
        }
        assertEquals(writes(6, "force", "force", "close"), disk.calls);
    }

    @Test
    void withoutTheFeatureEveryWriteGoesThrough() {
        try (var guest = guest(ALL & ~FLUSH)) {
            assertEquals(OK, guest.write(0, new byte[512]));
            assertEquals(writes(6, "force"), disk.calls);
            assertEquals(UNSUPPORTED, guest.flush());
        }
    }

    @Test
    void theHostMayWantEveryWriteToGoThrough() {
        try (var guest = guest(ALL, "cache", "writethrough")) {
            assertEquals(OK, guest.write(0, new byte[512]));
            assertEquals(writes(6, "force"), disk.calls);
        }
    }

    @Test
    void aFailingDiskGivesErrorsAndTheDeviceGoesOn() {
        try (var guest = guest(ALL)) {
            disk.failing = true;
            assertEquals(IO_ERROR, guest.write(0, new byte[512]));
            assertEquals(IO_ERROR, guest.flush());
            Answer answer = guest.read(0, 512);
            assertEquals(IO_ERROR, answer.status());
            assertArrayEquals(new byte[512], answer.data());
            disk.failing = false;
            assertEquals(OK, guest.write(0, new byte[512]));
        }
    }

    @Test
    void aDiskThatCannotBeWrittenToTheEndIsReported() {
        try (var guest = guest(ALL)) {
            disk.failing = true;
            var failed = assertThrows(MachineException.class,
                () -> guest.bench().serialized(() -> guest.bench().device().detach()));
            assertEquals("/virtio-blk@0", failed.reasons().getFirst().subject());
            // It is closed nevertheless, and there is nothing left to detach.
            assertEquals(List.of("close"), disk.calls);
            guest.bench().serialized(() -> guest.bench().device().detach());
        }
    }

    @Test
    void aReadThatTheDriverNoLongerWaitsForTouchesNothingAfterTheResetIsAcknowledged() {
        disk.content()[0] = 42;
        try (var guest = guest(ALL)) {
            guest.bench().holdIo();
            guest.add(BlockRequest.IN, 0, new byte[0], 512);
            guest.queue.kick();
            var old = guest.queue;
            guest.driver.startReset();
            assertEquals(VirtioDriver.NEEDS_RESET,
                guest.driver.read(VirtioDriver.STATUS));
            guest.bench().releaseIo();
            guest.driver.reset();
            assertEquals(0, guest.bench().inFlight());
            assertEquals(0, old.usedIndex());
            guest.setUp(ALL);
            assertEquals(42, guest.read(0, 512).data()[0]);
        }
    }

    @Test
    void theDriverTurnsTheCacheOffAndOn() {
        try (var guest = guest(ALL)) {
            assertEquals(1, guest.driver.config(32, 1));
            assertEquals(OK, guest.write(0, new byte[512]));
            assertEquals(writes(6), disk.calls);
            guest.bench().write(VirtioDriver.CONFIG + 32, 1, 0);
            assertEquals(0, guest.driver.config(32, 1));
            // What is in the cache goes to the disk: the driver will not flush any more.
            guest.bench().await("the flush", () -> disk.calls.equals(writes(6, "force")));
            guest.bench().write(VirtioDriver.CONFIG + 32, 1, 0);
            disk.calls.clear();
            assertEquals(OK, guest.write(0, new byte[512]));
            assertEquals(writes(6, "force"), disk.calls);
            guest.bench().write(VirtioDriver.CONFIG + 32, 1, 1);
            assertEquals(1, guest.driver.config(32, 1));
            disk.calls.clear();
            assertEquals(OK, guest.write(0, new byte[512]));
            assertEquals(writes(6), disk.calls);
        }
    }

    @Test
    void aCacheThatCannotBeEmptiedStaysOn() {
        try (var guest = guest(ALL)) {
            disk.failing = true;
            guest.bench().write(VirtioDriver.CONFIG + 32, 1, 0);
            guest.bench().await("the failure", () -> guest.driver.config(32, 1) == 1);
            assertEquals(2, guest.driver.takeInterrupt());
            disk.failing = false;
        }
    }

    @Test
    void theCacheIsOnAgainAfterAReset() {
        try (var guest = guest(ALL)) {
            guest.bench().write(VirtioDriver.CONFIG + 32, 1, 0);
            guest.setUp(ALL);
            assertEquals(1, guest.driver.config(32, 1));
        }
    }

    @Test
    void onlyADriverThatMayTurnsTheCacheOff() {
        try (var guest = guest(ALL & ~(1L << 11))) {
            guest.bench().write(VirtioDriver.CONFIG + 32, 1, 0);
            assertEquals(OK, guest.write(0, new byte[512]));
            assertEquals(writes(6), disk.calls);
        }
        disk.calls.clear();
        try (var guest = guest(ALL & ~FLUSH)) {
            assertEquals(0, guest.driver.config(32, 1), "without a way to flush there is no cache");
        }
    }

    @Test
    void aLegacyDriverSeesAndTurnsTheCacheBeforeItIsReady() {
        try (var guest = guest(ALL, "registers", "legacy")) {
            guest.driver.negotiate(ALL);
            assertEquals(1, guest.driver.config(32, 1));
            guest.bench().write(VirtioDriver.CONFIG + 32, 1, 0);
            assertEquals(0, guest.driver.config(32, 1));
        }
    }
}
