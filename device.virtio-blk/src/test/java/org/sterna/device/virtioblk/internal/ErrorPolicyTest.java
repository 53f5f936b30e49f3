package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.IO_ERROR;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.IoError;
import org.sterna.machine.MachineException;
import org.sterna.testkit.VirtioDriver;

/** What becomes of requests that the host cannot carry out. */
class ErrorPolicyTest {
    private static final String FULL = "No space left on device";
    private static final String BROKEN = "Input/output error";
    private static final byte[] DATA = new byte[512];

    static {
        Arrays.fill(DATA, (byte) 7);
    }

    private final RecordingDisk disk = new RecordingDisk(64);

    private BlockGuest guest(String... properties) {
        var values = new HashMap<>(Map.of("drive", "disk.raw"));
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        return new BlockGuest(disk.bench(values), ALL);
    }

    private static void addWrite(BlockGuest guest, long sector, byte[] data) {
        guest.add(BlockRequest.OUT, sector, data, 0);
        guest.queues.getFirst().kick();
    }

    private static void awaitError(BlockGuest guest, int count) {
        guest.bench().await("an error of the host", () -> guest.bench().ioErrors().size() == count && guest.bench().inFlight() == 0);
    }

    private static void resume(BlockGuest guest) {
        guest.bench().pause();
        guest.bench().start();
    }

    private static void assertKept(BlockGuest guest, IoError error, IoError.Operation operation, boolean noSpace) {
        assertNull(guest.queues.getFirst().poll(), "the driver must not be told anything");
        assertEquals(IoError.Action.STOP, error.action());
        assertEquals(operation, error.operation());
        assertEquals(noSpace, error.noSpace());
        assertEquals("/virtio-blk@0.drive", error.reason().subject() + "." + error.reason().item());
        assertTrue(error.reason().cause().startsWith("disk.raw cannot be "), error.reason().cause());
        assertTrue(error.reason().remedy().contains("let the machine go on"), error.reason().remedy());
    }

    /** As a real device of the system says it. */
    @Test
    void aFullDiskIsToldFromOtherErrors() throws Exception {
        try (var full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
            IOException failure = assertThrows(IOException.class, () -> full.write(ByteBuffer.allocate(1)));
            assertTrue(FullDisk.is(failure), failure.getMessage());
        }
        assertTrue(FullDisk.is(new IOException("Disk quota exceeded")));
        assertFalse(FullDisk.is(new IOException(BROKEN)));
        assertFalse(FullDisk.is(new IOException((String) null)));
    }

    @Test
    void aWriteToAFullDiskWaitsAndIsTriedAgain() {
        try (var guest = guest()) {
            disk.fail(FULL);
            addWrite(guest, 3, DATA);
            awaitError(guest, 1);
            assertKept(guest, guest.bench().ioErrors().getFirst(), IoError.Operation.WRITE, true);
            assertEquals("disk.raw cannot be written: " + FULL, guest.bench().ioErrors().getFirst().reason().cause());
            resume(guest);
            awaitError(guest, 2);
            assertNull(guest.queues.getFirst().poll(), "there is still no room");
            disk.fail(null);
            resume(guest);
            assertEquals(OK, guest.await().status());
            assertArrayEquals(DATA, guest.read(3, 512).data());
            assertEquals(2, guest.bench().ioErrors().size());
        }
    }

    @ParameterizedTest
    @CsvSource({"enospc, No space left on device, STOP", "enospc, Disk quota exceeded, STOP", "enospc, Input/output error, REPORT",
        "stop, Input/output error, STOP", "stop, No space left on device, STOP", "report, No space left on device, REPORT",
        "ignore, No space left on device, IGNORE", "ignore, Input/output error, IGNORE"})
    void aWriteFailsAsTheUserWants(String werror, String message, IoError.Action action) {
        try (var guest = guest("werror", werror, "rerror", "ignore")) {
            disk.fail(message);
            addWrite(guest, 3, DATA);
            awaitError(guest, 1);
            assertEquals(action, guest.bench().ioErrors().getFirst().action());
            disk.fail(null);
            if (action == IoError.Action.STOP) {
                assertNull(guest.queues.getFirst().poll());
                resume(guest);
            }
            assertEquals(action == IoError.Action.REPORT ? IO_ERROR : OK, guest.await().status());
            assertArrayEquals(action == IoError.Action.STOP ? DATA : new byte[512], guest.read(3, 512).data());
        }
    }

    @ParameterizedTest
    @CsvSource({"stop, STOP", "report, REPORT", "ignore, IGNORE"})
    void aReadFailsAsTheUserWants(String rerror, IoError.Action action) {
        try (var guest = guest("rerror", rerror, "werror", "ignore")) {
            assertEquals(OK, guest.write(3, DATA));
            disk.fail(FULL);
            guest.add(BlockRequest.IN, 3, new byte[0], 512);
            guest.queues.getFirst().kick();
            awaitError(guest, 1);
            assertEquals(action, guest.bench().ioErrors().getFirst().action());
            assertEquals(IoError.Operation.READ, guest.bench().ioErrors().getFirst().operation());
            disk.fail(null);
            if (action == IoError.Action.STOP) {
                resume(guest);
            }
            BlockGuest.Answer answer = guest.await();
            assertEquals(action == IoError.Action.REPORT ? IO_ERROR : OK, answer.status());
            assertArrayEquals(action == IoError.Action.STOP ? DATA : new byte[512], answer.data(),
                "nothing of the host's memory, nor of what a disk half read");
        }
    }

    @Test
    void withoutAWordOnlyAFullDiskStops() {
        try (var guest = guest()) {
            assertEquals("enospc", guest.bench().host().get("werror"));
            assertEquals("report", guest.bench().host().get("rerror"));
        }
    }

    @Test
    void nothingMoreIsTakenUntilTheGuestGoesOn() {
        try (var guest = guest()) {
            disk.fail(FULL);
            addWrite(guest, 1, DATA);
            awaitError(guest, 1);
            disk.fail(null);
            addWrite(guest, 2, DATA);
            guest.bench().pause();
            assertNull(guest.queues.getFirst().poll());
            assertArrayEquals(new byte[512], Arrays.copyOfRange(disk.content(), 1024, 1536));
            guest.bench().start();
            assertEquals(OK, guest.await().status());
            assertEquals(OK, guest.await().status());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"off", "on"})
    void manyRequestsSurviveAMigrationEachOnce(String packed) throws Exception {
        try (var guest = guest("ring-packed", packed)) {
            for (int sector = 1; sector < 20; sector += 3) {
                disk.failAt(sector, FULL);
            }
            for (int sector = 0; sector < 20; sector++) {
                var data = new byte[512];
                Arrays.fill(data, (byte) (100 + sector));
                guest.add(BlockRequest.OUT, sector, data, 0);
            }
            guest.queues.getFirst().kick();
            guest.bench().await("what can be written", () -> guest.bench().inFlight() == 0 && !guest.bench().ioErrors().isEmpty());
            int kept = guest.bench().ioErrors().size();
            disk.failAt(-1, null);
            guest.migrate(disk.factory(), Map.of("drive", "disk.raw"));
            for (int i = 0; i < 20; i++) {
                assertEquals(OK, guest.await().status());
            }
            assertNull(guest.queues.getFirst().poll());
            assertTrue(kept > 0);
            for (int sector = 0; sector < 20; sector++) {
                assertEquals(100 + sector, disk.content()[512 * sector]);
            }
        }
    }

    /** So any older version takes it, and tries it again by itself. */
    @Test
    void nothingOfAKeptRequestIsInTheState() {
        try (var guest = guest()) {
            assertEquals(OK, guest.write(0, DATA));
            guest.bench().pause();
            var before = guest.bench().stateTree();
            guest.bench().start();
            disk.fail(FULL);
            addWrite(guest, 1, DATA);
            awaitError(guest, 1);
            guest.bench().pause();
            assertEquals(before, guest.bench().stateTree());
            disk.fail(null);
        }
    }

    /** The system says once that it could not write what it had in its cache, and then forgets it. */
    @ParameterizedTest
    @ValueSource(strings = {"enospc", "stop"})
    void aFlushThatFailedDoesNotSucceedWhenItIsTriedAgain(String werror) {
        try (var guest = guest("werror", werror)) {
            assertEquals(OK, guest.write(3, DATA));
            disk.fail(FULL);
            guest.add(BlockRequest.FLUSH, 0, new byte[0], 0);
            guest.queues.getFirst().kick();
            awaitError(guest, 1);
            assertKept(guest, guest.bench().ioErrors().getFirst(), IoError.Operation.WRITE, true);
            disk.fail(null);
            resume(guest);
            assertEquals(IO_ERROR, guest.await().status(), "the guest must learn that what it wrote may be lost");
            assertEquals(IoError.Action.REPORT, guest.bench().ioErrors().getLast().action());
            assertEquals(OK, guest.flush(), "it has");
        }
    }

    @Test
    void whatIsLostIsNotForgottenByADetach() {
        try (var guest = guest()) {
            assertEquals(OK, guest.write(3, DATA));
            disk.fail(FULL);
            guest.add(BlockRequest.FLUSH, 0, new byte[0], 0);
            guest.queues.getFirst().kick();
            awaitError(guest, 1);
            guest.bench().pause();
            disk.fail(null);
            guest.bench().serialized(() -> assertThrows(MachineException.class, guest.bench().device()::handOver));
            guest.bench().serialized(() -> assertThrows(MachineException.class, guest.bench().device()::detach));
            guest.bench().attach();
            guest.bench().start();
            assertEquals(IO_ERROR, guest.await().status());
            assertEquals(OK, guest.flush());
            guest.bench().pause();
            guest.bench().serialized(guest.bench().device()::detach);
            guest.bench().attach();
        }
    }

    @Test
    void aFlushWithNothingToLoseMaySucceedLater() {
        try (var guest = guest()) {
            disk.fail(FULL);
            guest.add(BlockRequest.FLUSH, 0, new byte[0], 0);
            guest.queues.getFirst().kick();
            awaitError(guest, 1);
            disk.fail(null);
            resume(guest);
            assertEquals(OK, guest.await().status());
        }
    }

    /** A write that goes through is written anew together with its flush, so nothing of it is lost. */
    @Test
    void aWriteThroughIsTriedAgainAsAWhole() {
        try (var guest = guest("cache", "writethrough")) {
            disk.failFlush(FULL);
            addWrite(guest, 3, DATA);
            awaitError(guest, 1);
            disk.failFlush(null);
            disk.calls.clear();
            resume(guest);
            assertEquals(OK, guest.await().status());
            assertEquals("force", disk.calls.getLast());
            assertTrue(disk.calls.contains("write"), disk.calls.toString());
            guest.bench().pause();
            guest.bench().serialized(guest.bench().device()::detach);
            guest.bench().attach();
        }
    }

    /** A legacy driver's barrier starts when everything before it is complete, which what waits for the host is not. */
    @Test
    void aBarrierStaysBehindWhatWaits() {
        try (var guest = guest("registers", "legacy")) {
            disk.fail(FULL);
            disk.hold(1);
            addWrite(guest, 1, DATA);
            guest.add(BlockRequest.BARRIER | BlockRequest.OUT, 2, DATA, 0);
            guest.add(BlockRequest.OUT, 3, DATA, 0);
            guest.queues.getFirst().kick();
            disk.release(1);
            awaitError(guest, 1);
            disk.fail(null);
            disk.hold(1);
            disk.accesses.clear();
            resume(guest);
            guest.bench().await("the first", () -> guest.bench().inFlight() == 1);
            assertNull(guest.queues.getFirst().poll());
            disk.release(1);
            for (int i = 0; i < 3; i++) {
                assertEquals(OK, guest.await().status());
            }
            assertEquals(List.of(1L, 2L, 3L), disk.accesses.stream().distinct().toList());
        }
    }

    /** Put back into two queues, nobody would know which was first. */
    @Test
    void whereBarriersOrderSeveralQueuesTheGuestIsTold() {
        try (var guest = guest("registers", "legacy", "queues", "2")) {
            disk.fail(FULL);
            addWrite(guest, 1, DATA);
            awaitError(guest, 1);
            assertEquals(IoError.Action.REPORT, guest.bench().ioErrors().getFirst().action());
            assertEquals(IO_ERROR, guest.await().status());
            disk.fail(null);
        }
    }

    @Test
    void aResetForgetsWhatWaits() {
        try (var guest = guest()) {
            disk.fail(FULL);
            addWrite(guest, 3, DATA);
            awaitError(guest, 1);
            guest.driver.write(VirtioDriver.STATUS, 0);
            guest.bench().pause();
            disk.fail(null);
            guest.bench().start();
            assertEquals(0, guest.driver.read(VirtioDriver.STATUS));
            guest.setUp(ALL);
            assertArrayEquals(new byte[512], guest.read(3, 512).data());
            assertEquals(List.of(), guest.bench().faults());
        }
    }
}
