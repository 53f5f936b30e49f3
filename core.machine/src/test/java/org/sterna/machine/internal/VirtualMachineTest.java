package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.IoError;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorFault;
import org.sterna.machine.state.StateException;

class VirtualMachineTest {
    private static final String DEFECT = "(this is a defect of that bundle; the log has the stack trace)";

    private final Fakes.FakeBoards boards = new Fakes.FakeBoards();
    private final Fakes.FakeProcessors processors = new Fakes.FakeProcessors();
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
    private final AtomicBoolean closed = new AtomicBoolean();
    private final LeaseKeeper leases = new FileLeases();
    private final VirtualMachine machine = new VirtualMachine(Fakes.blueprint(boards, processors, gadgets, 2), () -> leases,
        m -> closed.set(true));

    @AfterEach
    void close() {
        machine.close();
        assertTrue(closed.get());
    }

    private void boot() {
        machine.attach();
        machine.boot();
    }

    private CompletableFuture<Machine.Phase> next(Machine.Phase phase) {
        var reached = new CompletableFuture<Machine.Phase>();
        machine.onPhase(now -> {
            if (now == phase) {
                reached.complete(now);
            }
        });
        return reached;
    }

    private static void await(CompletableFuture<?> future) throws InterruptedException, ExecutionException, TimeoutException {
        future.get(10, TimeUnit.SECONDS);
    }

    private void runSome() throws Exception {
        long from = machine.instructions();
        var progressed = new CountDownLatch(2);
        for (Fakes.CountingProcessor processor : processors.made) {
            processor.nextCall = progressed::countDown;
        }
        assertTrue(progressed.await(10, TimeUnit.SECONDS), "both processors run");
        assertTrue(machine.instructions() >= from);
    }

    @Test
    void bootsPausesAndResumes() throws Exception {
        boot();
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        runSome();
        machine.pause();
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        long count = machine.instructions();
        long time = machine.clock().now();
        assertEquals(count, machine.instructions());
        assertEquals(time, machine.clock().now());
        machine.resume();
        runSome();
        machine.pause();
        machine.pause();
        assertEquals(List.of("attach", "reset", "start", "quiesce", "start", "quiesce"), gadgets.calls);
    }

    @Test
    void whatTheDeviceReadsOffTheHostIsInTheGuestAbiWithItsProvenance() {
        assertEquals(null, machine.abi().devices().get("/gadget@0").settings().get("capacity"));
        machine.attach();
        var locked = new Setting(77L, Provenance.HOST);
        assertEquals(locked, machine.abi().devices().get("/gadget@0").settings().get("capacity"));
        machine.detach();
        gadgets.fileSize = 100;
        machine.attach();
        assertEquals(locked, machine.abi().devices().get("/gadget@0").settings().get("capacity"), "locked for good");
    }

    @Test
    void aDeviceCannotLockOutsideAttach() {
        var before = assertThrows(IllegalStateException.class, () -> gadgets.context.lock(Fakes.CAPACITY, 1L));
        assertEquals("/gadget@0 may lock capacity only while it is attached", before.getMessage());
        boot();
        assertThrows(IllegalStateException.class, () -> gadgets.context.lock(Fakes.CAPACITY, 1L));
        assertEquals(77, gadgets.context.get(Fakes.CAPACITY));
    }

    @Test
    void anExplicitChangeIsInTheGuestAbiAndShownToTheDriver() {
        boot();
        String before = machine.abi().fingerprint();
        gadgets.fileSize = 100;
        machine.change("/gadget@0", "capacity", "100");
        assertEquals(new Setting(100L, Provenance.USER), machine.abi().devices().get("/gadget@0").settings().get("capacity"));
        assertNotEquals(before, machine.abi().fingerprint());
        assertTrue(gadgets.calls.contains("changed to 100"), gadgets.calls.toString());
    }

    @Test
    void aChangeThatCannotBeIsRefusedAndChangesNothing() {
        assertThrows(MachineException.class, () -> machine.change("/gadget@0", "capacity", "1"), "not attached");
        boot();
        var abi = machine.abi();
        for (var wrong : Map.of("/gadget@0 capacity 78", "the file has only 77", "/gadget@0 capacity much", "'much' is not in",
                "/gadget@0 level 3", "what can be changed later is capacity", "/gadget@0 capasity 3", "did you mean capacity?",
                "/gadget@1 capacity 3", "did you mean /gadget@0?").entrySet()) {
            String[] words = wrong.getKey().split(" ");
            var refusal = assertThrows(MachineException.class, () -> machine.change(words[0], words[1], words[2]));
            assertTrue(refusal.getMessage().contains(wrong.getValue()), refusal.getMessage());
        }
        assertEquals(abi, machine.abi());
    }

    @Test
    void aPauseWaitsForInputAndOutput() throws Exception {
        boot();
        var release = new CountDownLatch(1);
        var completed = new AtomicBoolean();
        gadgets.context.submit(release::await, failure -> completed.set(failure == null));
        var pause = CompletableFuture.runAsync(machine::pause);
        assertThrows(TimeoutException.class, () -> pause.get(50, TimeUnit.MILLISECONDS));
        release.countDown();
        await(pause);
        assertTrue(completed.get());
    }

    @Test
    void theOutsideWaitsWhileTheMachineIsPaused() throws Exception {
        boot();
        machine.pause();
        var touched = new CompletableFuture<Void>();
        gadgets.context.background(() -> gadgets.context.serialized(() -> touched.complete(null)));
        assertThrows(TimeoutException.class, () -> touched.get(50, TimeUnit.MILLISECONDS));
        machine.resume();
        await(touched);
    }

    @Test
    void detachingInterruptsWhatWaitsForTheOutside() throws Exception {
        boot();
        var interrupted = new CompletableFuture<Void>();
        gadgets.context.background(() -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.complete(null);
            }
        });
        machine.pause();
        machine.detach();
        await(interrupted);
        machine.attach();
        machine.resume();
        runSome();
    }

    @Test
    void theGuestSwitchesItselfOff() throws Exception {
        boot();
        var stopped = next(Machine.Phase.STOPPED);
        processors.made.getFirst().nextCall = () -> boards.context.powerOff("the guest has switched itself off");
        await(stopped);
        assertEquals("the guest has switched itself off", machine.why());
        assertThrows(MachineException.class, machine::resume);
    }

    @Test
    void aGuestThatSaysThatItHasFailedHasNotJustSwitchedItselfOff() throws Exception {
        boot();
        var panicked = next(Machine.Phase.PANICKED);
        processors.made.getFirst().nextCall = () -> boards.context.panic("code 7");
        await(panicked);
        assertEquals("code 7", machine.why());
    }

    @Test
    void theGuestRestarts() throws Exception {
        boot();
        runSome();
        var running = next(Machine.Phase.RUNNING);
        processors.made.getFirst().nextCall = boards.context::restart;
        await(running);
        assertEquals(2, boards.boots);
        runSome();
    }

    @Test
    void whatARestartedGuestWantsAtOnceIsNotLost() throws Exception {
        boot();
        var stopped = next(Machine.Phase.STOPPED);
        var first = processors.made.getFirst();
        first.nextCall = () -> {
            boards.context.restart();
            first.nextCall = () -> boards.context.powerOff("off");
        };
        await(stopped);
        assertEquals(2, boards.boots);
    }

    @Test
    void aFaultStopsTheMachineAndKeepsItsState() throws Exception {
        boot();
        var stopped = next(Machine.Phase.FAILED);
        processors.made.getLast().nextFault = new ProcessorFault("no way on");
        await(stopped);
        assertEquals("/counter@1 failed: no way on", machine.why());
        assertTrue((Long) part("/counter@1").state().get(1L) > 0);
    }

    @Test
    void anErrorOfAProcessorIsAFaultToo() throws Exception {
        boot();
        var stopped = next(Machine.Phase.FAILED);
        processors.made.getFirst().nextCall = () -> {
            throw new NoClassDefFoundError("gone");
        };
        await(stopped);
        assertEquals("/counter@0: test.counter 1.0.0 has failed in run(): java.lang.NoClassDefFoundError: gone " + DEFECT, machine.why());
    }

    /** The guest's last word comes when it is already being paused. */
    private void pauseMeets(Runnable lastWord) {
        boot();
        gadgets.onQuiesce = lastWord;
        machine.pause();
    }

    @Test
    void aGuestThatEndsWhileItIsBeingPausedHasEnded() {
        pauseMeets(() -> boards.context.powerOff("off"));
        assertEquals(Machine.Phase.STOPPED, machine.phase());
        assertEquals("off", machine.why());
    }

    @Test
    void aGuestThatRestartsWhileItIsBeingPausedIsPausedAfterwards() throws Exception {
        pauseMeets(boards.context::restart);
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        assertEquals(2, boards.boots);
        machine.resume();
        runSome();
    }

    @Test
    void aDeviceThatThrowsStopsTheMachine() throws Exception {
        boot();
        var stopped = next(Machine.Phase.FAILED);
        gadgets.writeFailure = new IllegalStateException("a defect");
        boards.context.bus().find(0x1000, 4).handler().write(0, 4, 1);
        await(stopped);
        assertEquals("/gadget@0: test.gadget 1.0.0 has failed in write(): java.lang.IllegalStateException: a defect " + DEFECT,
            machine.why());
    }

    @Test
    void anErrorInADevicesInputOrOutputIsNoSilence() throws Exception {
        boot();
        var stopped = next(Machine.Phase.FAILED);
        gadgets.context.submit(() -> {
            throw new NoClassDefFoundError("gone");
        }, failure -> { });
        await(stopped);
        assertEquals("/gadget@0: test.gadget 1.0.0 has failed in the I/O of submit(): java.lang.NoClassDefFoundError: gone " + DEFECT,
            machine.why());
    }

    @Test
    void processorsWaitForEachOtherWithoutDeadlock() throws Exception {
        boot();
        var done = new CountDownLatch(2);
        var first = processors.made.getFirst();
        var second = processors.made.getLast();
        var both = new CyclicBarrier(2);
        first.nextCall = () -> meet(both, () -> boards.context.atSafePoint(boards.processors.getLast(), done::countDown));
        second.nextCall = () -> meet(both, () -> boards.context.atSafePoint(boards.processors.getFirst(), done::countDown));
        assertTrue(done.await(10, TimeUnit.SECONDS));
        runSome();
    }

    private static void meet(CyclicBarrier barrier, Runnable then) {
        try {
            barrier.await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        then.run();
    }

    @Test
    void aHaltedProcessorRunsOnceAnotherBootsIt() throws Exception {
        boot();
        var first = processors.made.getFirst();
        var second = processors.made.getLast();
        Processor<?> given = boards.processors.getLast();
        boards.context.atSafePoint(given, given::halt);
        assertTrue(second.halted());
        long count = second.instructions();
        first.nextCall = () -> boards.context.atSafePoint(given, () -> given.boot(0));
        var again = new CountDownLatch(1);
        second.nextCall = again::countDown;
        assertTrue(again.await(10, TimeUnit.SECONDS));
        assertTrue(second.instructions() > count);
    }

    @Test
    void aProcessorOfAnotherMachineIsRefused() {
        boot();
        assertThrows(IllegalStateException.class, () -> boards.context.atSafePoint(processors.made.getLast(), () -> { }));
    }

    @Test
    void harvestingWhileItRunsMissesNothing() throws Exception {
        boot();
        try (var reader = machine.memory().dirtyLog().open()) {
            for (int i = 0; i < 50; i++) {
                runSome();
                var pages = new BitSet();
                reader.harvest(pages);
                assertEquals("{0, 1}", pages.toString());
            }
            machine.pause();
            reader.harvest(new BitSet());
            assertEquals(0, reader.harvest(new BitSet()), "nothing is written while paused");
        }
    }

    @Test
    void stateGoesToAnotherMachine() throws Exception {
        boot();
        runSome();
        boards.context.bus().find(0x1000, 4).handler().write(0, 4, 42);
        machine.pause();
        var other = new VirtualMachine(Fakes.blueprint(new Fakes.FakeBoards(), new Fakes.FakeProcessors(),
            new Fakes.Gadgets("1.0"), 2), FileLeases::new, m -> { });
        try (other) {
            other.attach();
            for (Part part : machine.parts()) {
                SortedMap<Long, Object> state = part.state();
                Part there = other.parts().stream().filter(p -> p.path().equals(part.path())).findFirst().orElseThrow();
                there.restore(state);
                assertEquals(state, there.state(), part.path());
            }
            other.restored();
            other.memory().segment().copyFrom(machine.memory().segment());
            long count = machine.instructions();
            other.resume();
            other.pause();
            assertTrue(other.instructions() >= count);
            assertEquals(42L, part(other, "/gadget@0").state().get(1L));
            assertEquals(other.memory().segment().get(ValueLayout.JAVA_LONG, 0), part(other, "/counter@0").state().get(1L));
        }
    }

    @Test
    void aPartThatRefusesAStateSaysWhy() {
        machine.attach();
        var e = assertThrows(StateException.class, () -> part("/gadget@0").restore(Map.of(1L, -1L)));
        assertEquals("value is negative", e.getMessage());
    }

    private Part part(String path) {
        return part(machine, path);
    }

    private static Part part(Machine machine, String path) {
        return machine.parts().stream().filter(p -> p.path().equals(path)).findFirst().orElseThrow();
    }

    @Test
    void theOrderOfPartsFollowsTheirDependencies() {
        var seen = new ArrayList<String>();
        for (Part part : machine.parts()) {
            assertTrue(seen.containsAll(part.after()), part.path() + " comes after " + part.after());
            seen.add(part.path());
        }
        assertEquals(List.of("/clock", "/counter@0", "/counter@1", "/plank", "/gadget@0"), seen);
    }

    @Test
    void whatADeviceReadsOffTheHostBecomesPartOfTheAbi() {
        assertFalse(machine.abi().toJson().contains("capacity"));
        machine.attach();
        assertTrue(machine.abi().toJson().contains("\"capacity\":{\"from\":\"host\",\"value\":77}"));
        assertEquals(Map.of("file", "none"), machine.hostSettings().get("/gadget@0"));
    }

    @Test
    void aFailedAttachHoldsNothing() {
        gadgets.attachFailure = MachineException.failed("/gadget@0", "file", "it is not there", "");
        assertThrows(MachineException.class, machine::attach);
        assertThrows(MachineException.class, machine::boot);
        gadgets.attachFailure = null;
        boot();
    }

    private static IoError ioError(IoError.Action action) {
        return new IoError(new Reason("/gadget@0", "file", "disk cannot be written: full", "make room"), IoError.Operation.WRITE,
            action, true);
    }

    @Test
    void aGuestStopsForWhatTheHostCannotDoAndGoesOnWhenItIsTold() throws Exception {
        boot();
        var told = new LinkedBlockingQueue<Object>();
        try (var errors = machine.onIoError(told::add); var phases = machine.onPhase(told::add)) {
            IoError full = ioError(IoError.Action.STOP);
            gadgets.context.ioFailed(full);
            assertEquals(full, told.poll(10, TimeUnit.SECONDS), "before it stops, as with QEMU");
            assertEquals(Machine.Phase.PAUSED, told.poll(10, TimeUnit.SECONDS));
            assertEquals(Optional.of(full), machine.ioError());
            assertTrue(machine.why().contains("/gadget@0.file: disk cannot be written: full (make room)"), machine.why());
            assertEquals("quiesce", gadgets.calls.getLast());
            gadgets.calls.clear();
            machine.resume();
            assertEquals(List.of("start"), gadgets.calls, "the device tries again");
            assertEquals(Optional.empty(), machine.ioError());
        }
    }

    @Test
    void whatTheGuestIsToldOfDoesNotStopIt() throws Exception {
        boot();
        var told = new LinkedBlockingQueue<IoError>();
        try (var errors = machine.onIoError(told::add)) {
            for (int i = 0; i < 1000; i++) {
                gadgets.context.ioFailed(ioError(IoError.Action.REPORT));
            }
            assertEquals(ioError(IoError.Action.REPORT), told.poll(10, TimeUnit.SECONDS));
            gadgets.context.ioFailed(ioError(IoError.Action.STOP));
            IoError next = told.poll(10, TimeUnit.SECONDS);
            while (next.action() == IoError.Action.REPORT) {
                // A second has passed meanwhile, on a busy host.
                next = told.poll(10, TimeUnit.SECONDS);
            }
            assertTrue(told.isEmpty(), "a guest cannot flood whoever listens");
        }
    }

    @Test
    void aPauseByRequestIsNoError() throws Exception {
        boot();
        machine.pause();
        var told = new LinkedBlockingQueue<IoError>();
        try (var errors = machine.onIoError(told::add)) {
            gadgets.context.ioFailed(ioError(IoError.Action.STOP));
            told.poll(10, TimeUnit.SECONDS);
        }
        machine.explain("paused by request, still");
        assertEquals(Optional.empty(), machine.ioError());
    }
}
