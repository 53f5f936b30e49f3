package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Replacement;
import org.sterna.machine.device.Connections;
import org.sterna.machine.host.FileUse;

/** A device is exchanged, or the old one goes on as if nothing had happened. */
class ReplacementTest {
    private static final String PATH = "/gadget@0";
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Fakes.FakeBoards boards = new Fakes.FakeBoards();
    private final Fakes.FakeProcessors processors = new Fakes.FakeProcessors();
    private final Fakes.Gadgets before = new Fakes.Gadgets("1.0");
    private final Fakes.Gadgets after = new Fakes.Gadgets("1.1");
    private final VirtualMachine machine = new VirtualMachine(Fakes.blueprint(boards, processors, before, 2),
        FileLeases::new, m -> { });

    @AfterEach
    void close() {
        machine.close();
    }

    private static class Plain implements Replacement.Crossing {
        @Override
        public SortedMap<Long, Object> cross(SortedMap<Long, Object> state) {
            return state;
        }

        @Override
        public void check(SortedMap<Long, Object> held) {
            if (!held.equals(new TreeMap<>(Map.of(1L, 5L)))) {
                throw MachineException.failed(PATH, "value", "holds something else", "");
            }
        }
    }

    private long value() {
        return (Long) machine.parts().getLast().state().get(1L);
    }

    private Replacement replacement() {
        return machine.replacement(PATH, Fakes.installed(after, after.model(), "2.0.0"), Map.of(), () -> true);
    }

    private void runWithValue() {
        machine.attach();
        machine.boot();
        boards.context.bus().find(Fakes.HOLE, 4).handler().write(0, 4, 5);
        before.calls.clear();
    }

    private String version() {
        return machine.parts().getLast().version().toString();
    }

    @Test
    void theNewOneGoesOnWithTheStateOfTheOld() {
        runWithValue();
        String abi = machine.abi().toJson();
        long stood;
        try (Replacement replacement = replacement()) {
            assertEquals("2.0.0", replacement.part().version().toString());
            assertEquals("1.0.0", version(), "nothing has been touched yet");
            stood = replacement.perform(new Plain(), LIMIT);
        }
        assertTrue(stood > 0);
        assertEquals(List.of("quiesce", "detach"), before.calls);
        assertEquals(List.of("attach", "restore 5", "start"), after.calls);
        assertEquals("2.0.0", version());
        assertEquals(abi, machine.abi().toJson());
        assertEquals(5, boards.context.bus().find(Fakes.HOLE, 4).handler().read(0, 4));
        boards.context.bus().find(Fakes.HOLE, 4).handler().write(0, 4, 6);
        assertEquals(6, value());
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        machine.pause();
        assertEquals(List.of("quiesce", "detach"), before.calls, "the old one is not called any more");
    }

    @Test
    void aPausedMachineStaysPaused() {
        runWithValue();
        machine.pause();
        try (Replacement replacement = replacement()) {
            assertEquals(0, replacement.perform(new Plain(), LIMIT));
        }
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        assertEquals(List.of("attach", "restore 5"), after.calls);
        machine.resume();
        assertEquals("start", after.calls.getLast());
    }

    /** Each failure leaves the old one running, with its value, and the new one without anything. */
    private MachineException fails(Replacement.Crossing crossing, Duration limit) {
        runWithValue();
        MachineException failure;
        try (Replacement replacement = replacement()) {
            failure = assertThrows(MachineException.class, () -> replacement.perform(crossing, limit));
        }
        assertEquals(Machine.Phase.RUNNING, machine.phase(), machine.why());
        assertEquals("1.0.0", version());
        assertEquals(5, boards.context.bus().find(Fakes.HOLE, 4).handler().read(0, 4));
        assertEquals("start", before.calls.getLast());
        assertEquals("detach", after.calls.getLast());
        boards.context.bus().find(Fakes.HOLE, 4).handler().write(0, 4, 7);
        assertEquals(7, value());
        machine.pause();
        machine.resume();
        return failure;
    }

    @Test
    void aRefusalOfTheState() {
        var failure = fails(new Plain() {
            @Override
            public SortedMap<Long, Object> cross(SortedMap<Long, Object> state) {
                throw MachineException.failed(PATH, "value", "is not the default", "");
            }
        }, LIMIT);
        assertEquals("is not the default", failure.reasons().getFirst().cause());
        assertFalse(before.calls.contains("detach"), "nothing was taken from it");
    }

    @Test
    void aNewOneThatCannotBeAttached() {
        after.attachFailure = MachineException.failed(PATH, "file", "is not there", "create it");
        assertEquals("is not there", fails(new Plain(), LIMIT).reasons().getFirst().cause());
        assertTrue(before.calls.contains("attach"), "the old one has its file again");
    }

    @Test
    void aNewOneThatRefusesTheState() {
        after.onRestore = value -> {
            throw new IllegalArgumentException("value is odd");
        };
        assertTrue(fails(new Plain(), LIMIT).getMessage().contains("cannot be restored by gadget 2.0.0: value is odd"));
    }

    @Test
    void aNewOneThatBreaks() {
        after.onRestore = value -> {
            throw new StackOverflowError();
        };
        assertTrue(fails(new Plain(), LIMIT).getMessage().contains("test.gadget 2.0.0 has failed in restore(): java.lang.StackOverflowError"));
    }

    @Test
    void aNewOneThatLies() {
        after.onRestore = value -> value + 1;
        assertTrue(fails(new Plain(), LIMIT).getMessage().contains("holds something else"));
    }

    @Test
    void aNewOneThatHangs() {
        var released = new CompletableFuture<Void>();
        after.onRestore = value -> {
            // Not even an interrupt ends it.
            released.join();
            return value;
        };
        assertTrue(fails(new Plain(), Duration.ofMillis(50)).getMessage().contains("has not returned from restore() in"));
        released.complete(null);
    }

    @Test
    void aNewOneThatCannotStart() {
        after.onStart = () -> {
            throw new IllegalStateException("no");
        };
        assertTrue(fails(new Plain(), LIMIT).getMessage().contains("test.gadget 2.0.0 has failed in start(): java.lang.IllegalStateException: no"));
    }

    @Test
    void oneThatHasBegunIoCannotBeTakenBack() {
        after.onStart = () -> {
            after.context.submit(() -> { }, failure -> { });
            throw new IllegalStateException("no");
        };
        runWithValue();
        try (Replacement replacement = replacement()) {
            assertThrows(MachineException.class, () -> replacement.perform(new Plain(), LIMIT));
        }
        assertEquals(Machine.Phase.FAILED, machine.phase());
        assertTrue(machine.why().contains("gadget 2.0.0 has failed"), machine.why());
    }

    @Test
    void anOldOneThatCannotHaveItsFileAgainPausesTheGuest() {
        runWithValue();
        after.attachFailure = MachineException.failed(PATH, "file", "is not there", "create it");
        before.attachFailure = after.attachFailure;
        try (Replacement replacement = replacement()) {
            assertThrows(MachineException.class, () -> replacement.perform(new Plain(), LIMIT));
        }
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        assertFalse(machine.attached());
        assertTrue(machine.why().contains("is not there"), machine.why());
        before.attachFailure = null;
        machine.attach();
        machine.resume();
        assertEquals(5, boards.context.bus().find(Fakes.HOLE, 4).handler().read(0, 4));
    }

    /** Guest time runs on before the new one is started: waits until a timer that is due at a time has had its turn. */
    private void awaitTimersUntil(long guestTime) {
        var later = new CountDownLatch(1);
        machine.clock().timer(later::countDown).arm(guestTime);
        try {
            assertTrue(later.await(10, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void nothingOfTheOldOneReachesTheMachine() {
        runWithValue();
        var fired = new AtomicInteger();
        var timer = before.context.timer(fired::incrementAndGet);
        // While guest time stands still: it is due when the new one is in its place.
        before.onQuiesce = () -> timer.arm(machine.clock().now() + 1);
        after.onStart = () -> awaitTimersUntil(machine.clock().now() + 2);
        try (Replacement replacement = replacement()) {
            replacement.perform(new Plain(), LIMIT);
        }
        after.context.interrupt().set(true);
        before.context.interrupt().set(false);
        assertTrue(boards.level);
        awaitTimersUntil(machine.clock().now() + 1);
        assertEquals(0, fired.get());
    }

    @Test
    void aTimerThatWasDueMeanwhileRunsWhenTheOldOneIsBack() throws Exception {
        runWithValue();
        var fired = new CountDownLatch(1);
        var timer = before.context.timer(fired::countDown);
        before.onQuiesce = () -> timer.arm(machine.clock().now() + 1);
        after.onStart = () -> {
            awaitTimersUntil(machine.clock().now() + 2);
            assertEquals(1, fired.getCount());
            throw new IllegalStateException("cannot");
        };
        try (Replacement replacement = replacement()) {
            assertThrows(MachineException.class, () -> replacement.perform(new Plain(), LIMIT));
        }
        assertTrue(fired.await(10, TimeUnit.SECONDS));
        assertEquals(Machine.Phase.RUNNING, machine.phase());
    }

    @Test
    void theInterruptLineFollowsTheNewOneOnceItIsInPlace() {
        runWithValue();
        before.context.interrupt().set(true);
        after.onRestore = value -> {
            after.context.interrupt().set(false);
            assertTrue(boards.level, "not yet");
            return value;
        };
        try (Replacement replacement = replacement()) {
            replacement.perform(new Plain(), LIMIT);
        }
        assertFalse(boards.level);
    }

    @Test
    void theGuestStandsStillOnlyWhenTheDeviceIsAtRest() throws Exception {
        runWithValue();
        var reading = new CountDownLatch(1);
        var mayEnd = new CountDownLatch(1);
        before.context.submit(() -> {
            reading.countDown();
            mayEnd.await();
        }, failure -> before.calls.add("completed"));
        reading.await();
        Thread swap = Thread.ofVirtual().start(() -> {
            try (Replacement replacement = replacement()) {
                replacement.perform(new Plain(), LIMIT);
            }
        });
        mayEnd.countDown();
        swap.join();
        assertEquals(List.of("completed", "quiesce", "detach"), before.calls);
        assertEquals("2.0.0", version());
    }

    /** A running machine whose device somebody is connected to. */
    private Pipe.SourceChannel runConnected() throws IOException {
        runWithValue();
        var channel = Pipe.open().source();
        before.connects = true;
        before.connections = new Connections(Map.of("client", channel));
        return channel;
    }

    @Test
    void whoeverIsConnectedStaysSo() throws IOException {
        var channel = runConnected();
        after.connects = true;
        try (Replacement replacement = replacement()) {
            replacement.perform(new Plain(), LIMIT);
        }
        assertEquals(Map.of("client", channel), after.connections.channels());
        assertTrue(channel.isOpen());
    }

    @Test
    void whoeverIsConnectedIsNotPassedOnToOtherResources() throws IOException {
        var channel = runConnected();
        after.connects = true;
        var host = Map.<String, Object>of("file", "another");
        try (Replacement replacement = machine.replacement(PATH, Fakes.installed(after, after.model(), "2.0.0"), host, () -> true)) {
            replacement.perform(new Plain(), LIMIT);
        }
        assertFalse(channel.isOpen());
        assertEquals(Connections.NONE, after.connections);
    }

    @Test
    void whoLeavesAPropertyToTheDeviceTakesWhatThatHasFoundOut() throws IOException {
        var channel = runConnected();
        after.connects = true;
        before.context.settle(Fakes.FILE, "found");
        try (Replacement replacement = replacement()) {
            replacement.perform(new Plain(), LIMIT);
        }
        assertTrue(channel.isOpen(), "it is the same file");
    }

    @Test
    void whatADeviceHasSettledIsWhatItsSuccessorGets() {
        runWithValue();
        assertEquals("none", machine.hostSettings().get(PATH).get("file"));
        before.context.settle(Fakes.FILE, "found");
        assertEquals("found", before.context.get(Fakes.FILE));
        var host = machine.hostSettings().get(PATH);
        assertEquals("found", host.get("file"));
        try (Replacement replacement = machine.replacement(PATH, Fakes.installed(after, after.model(), "2.0.0"), host, () -> true)) {
            replacement.perform(new Plain(), LIMIT);
        }
        assertEquals("found", after.context.get(Fakes.FILE));
        assertThrows(IllegalStateException.class, () -> after.context.settle(Fakes.LEVEL, 3L), "the guest sees that one");
        assertThrows(IllegalStateException.class, () -> after.context.settle(Fakes.MODE, "slow"), "the user decides on that one");
        assertThrows(IllegalArgumentException.class, () -> after.context.settle(Fakes.FILE, "x".repeat(101)));
    }

    @Test
    void anOldOneThatGoesOnHasItsConnectionsAgain() throws IOException {
        var channel = runConnected();
        after.connects = true;
        after.onRestore = value -> value + 1;
        try (Replacement replacement = replacement()) {
            assertThrows(MachineException.class, () -> replacement.perform(new Plain(), LIMIT));
        }
        assertEquals(Map.of("client", channel), before.connections.channels());
        assertTrue(channel.isOpen());
    }

    @Test
    void whatNobodyGoesOnWithIsClosed() throws IOException {
        var channel = runConnected();
        after.onRestore = value -> {
            assertFalse(channel.isOpen(), "it would be in the way of a new one");
            return value;
        };
        try (Replacement replacement = replacement()) {
            replacement.perform(new Plain(), LIMIT);
        }
        assertFalse(channel.isOpen());
    }

    @Test
    void whatANewOneThatHangsHasTakenIsClosed() throws Exception {
        var channel = runConnected();
        after.connects = true;
        var end = new CountDownLatch(1);
        after.onRestore = value -> {
            while (end.getCount() > 0) {
                Thread.onSpinWait();
            }
            return value;
        };
        try (Replacement replacement = replacement()) {
            assertThrows(MachineException.class, () -> replacement.perform(new Plain(), Duration.ofMillis(50)));
            assertFalse(channel.isOpen());
            assertEquals(Connections.NONE, before.connections);
        } finally {
            end.countDown();
        }
    }

    @Test
    void oneThatIsNotUsedLeavesNoTrace() {
        runWithValue();
        replacement().close();
        assertEquals(List.of(), before.calls);
        assertEquals(List.of("detach"), after.calls);
    }

    @Test
    void theFilesOfTheNewOneAreInUseInPlaceOfThoseOfTheOld(@TempDir Path folder) throws IOException {
        Path left = Files.createFile(folder.resolve("left"));
        Path taken = Files.createFile(folder.resolve("taken"));
        before.context.settle(Fakes.FILE, left.toString());
        runWithValue();
        assertThrows(IOException.class, () -> FileUse.requireReplaceable(left));
        try (Replacement replacement = machine.replacement(PATH, Fakes.installed(after, after.model(), "2.0.0"),
                Map.of("file", taken.toString()), () -> true)) {
            replacement.perform(new Plain(), LIMIT);
        }
        assertThrows(IOException.class, () -> FileUse.requireReplaceable(taken));
        FileUse.requireReplaceable(left);
    }
}
