package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Replacement;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.state.StateException;

/** A plug-in that does not return holds nobody up for ever, and what it does when it returns at last harms nobody. */
class HangTest {
    private static final String DEVICE = "/gadget@0";
    private static final Duration SHORT = Duration.ofMillis(100);
    private static final CallLimits LIMITS = new CallLimits(SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, Duration.ofDays(1));
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Fakes.FakeBoards boards = new Fakes.FakeBoards();
    private final Fakes.FakeProcessors processors = new Fakes.FakeProcessors();
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
    private final Fakes.Gadgets newer = new Fakes.Gadgets("1.1");
    private final Hooks hooks = new Hooks();
    private final Hooks ofTheBoard = new Hooks();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicInteger leases = new AtomicInteger();
    private final LeaseKeeper keeper = (claim, lost) -> {
        leases.incrementAndGet();
        return (Lease) leases::decrementAndGet;
    };
    private VirtualMachine machine = machine(LIMITS);

    private VirtualMachine machine(CallLimits limits) {
        return new VirtualMachine(Hooks.blueprint(Fakes.blueprint(boards, processors, gadgets, 1), hooks.device(gadgets),
            ofTheBoard.board(boards), processors), () -> keeper, new HeapShares(Long.MAX_VALUE), closed -> { }, limits);
    }

    @AfterEach
    void end() {
        release.countDown();
        assertTimeoutPreemptively(PATIENCE, machine::close);
    }

    /** Has a method hang, once. */
    private void hang(String method) {
        hang(hooks, method);
    }

    private void hang(Hooks of, String method) {
        of.before(method, () -> {
            if (hanging.getCount() > 0) {
                hanging.countDown();
                await(release);
            }
        });
    }

    private static void await(CountDownLatch latch) throws InterruptedException {
        assertTrue(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - deadline < 0, "waited in vain for " + what);
            Thread.onSpinWait();
        }
    }

    private void boot() {
        machine.attach();
        machine.boot();
        boards.context.bus().find(Fakes.HOLE, 4).handler().write(0, 4, 5);
        gadgets.calls.clear();
    }

    private MachineException refused(Runnable action) {
        return assertTimeoutPreemptively(PATIENCE, () -> assertThrows(MachineException.class, action::run));
    }

    private static boolean succeeds(Runnable action) {
        try {
            action.run();
            return true;
        } catch (MachineException e) {
            return false;
        }
    }

    /** Waits until the calls of the device so far end like this: what has returned late is undone meanwhile. */
    private void awaitCalls(String... last) {
        var expected = List.of(last);
        await("the calls " + expected + ", so far " + gadgets.calls, () -> {
            var calls = new ArrayList<>(gadgets.calls);
            return calls.size() >= expected.size() && calls.subList(calls.size() - expected.size(), calls.size()).equals(expected);
        });
    }

    @Test
    void anAttachThatHangsKeepsTheLeaseUntilItHasReturnedAndIsUndone() {
        hang("attach");
        var failure = refused(machine::attach);
        assertEquals(DEVICE, failure.reasons().getFirst().subject());
        assertTrue(failure.getMessage().contains("test.gadget 1.0.0 has not returned from attach() in 100 ms"), failure.getMessage());
        assertFalse(machine.attached());
        assertEquals(1, leases.get(), "it may still take what the lease is for");
        assertTrue(refused(machine::attach).getMessage().contains("has not returned from attach() since"));
        release.countDown();
        awaitCalls("attach", "detach");
        await("the lease", () -> leases.get() == 0);
        machine.attach();
        assertEquals(1, leases.get());
        machine.boot();
    }

    /** What is logged while something is refused, with a stack that names a class. */
    private LogRecord logged(Class<?> by, Class<?> inTheStack, Runnable refused) {
        var records = new ConcurrentLinkedQueue<LogRecord>();
        var handler = new Handler() {
            @Override
            public void publish(LogRecord one) {
                records.add(one);
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        };
        Logger log = Logger.getLogger(by.getName());
        log.addHandler(handler);
        try {
            refused(refused);
        } finally {
            log.removeHandler(handler);
        }
        return records.stream().filter(one -> one.getThrown() != null && Arrays.stream(one.getThrown().getStackTrace())
            .anyMatch(at -> at.getClassName().startsWith(inTheStack.getName()))).findFirst()
            .orElseThrow(() -> new AssertionError("no such stack in the log"));
    }

    /** Whoever writes the log shows a throwable in the log's file and not on the terminal. */
    @Test
    void theStackOfACallThatHangsIsTheThrowableOfTheLogsEntry() {
        hang("attach");
        assertEquals(DEVICE + ": test.gadget 1.0.0 has not returned from attach() in 100 ms",
            logged(DeviceCalls.class, HangTest.class, machine::attach).getMessage());
    }

    @Test
    void theStackOfWhoeverHoldsADeviceIsTheThrowableOfTheLogsEntry() throws InterruptedException {
        hangInAccess();
        assertEquals(DEVICE + ": acknowledged() has been waiting for 100 ms; the device is called by "
            + "thread 'test/counter@0'",
            logged(DeviceCalls.class, HangTest.class, machine.parts().getLast()::acknowledged).getMessage());
    }

    @Test
    void theStackOfAProcessorThatHangsIsTheThrowableOfTheLogsEntry() throws InterruptedException {
        hangInAccess();
        assertEquals("test/counter@0 has not come to a safe point",
            logged(ProcessorThread.class, HangTest.class, machine::pause).getMessage());
    }

    @Test
    void oneThatClaimsNothingKeepsNobodyFromTheLease() {
        gadgets.claims = path -> Optional.of(List.of());
        hang("attach");
        refused(machine::attach);
        assertEquals(0, leases.get());
    }

    @Test
    void aDetachThatHangsKeepsTheLeaseUntilItHasReturned() {
        boot();
        machine.pause();
        hang("detach");
        refused(machine::detach);
        assertFalse(machine.attached());
        assertEquals(1, leases.get());
        release.countDown();
        await("the lease", () -> leases.get() == 0);
    }

    @Test
    void aMachineWhoseDetachHasReturnedGoesOnIfItWasToRun() {
        boot();
        try (var operation = machine.begin(Operation.Kind.MIGRATION, "", Duration.ZERO)) {
            operation.hold();
            hang("detach");
            refused(operation::relinquish);
            refused(operation::reattach);
        }
        assertEquals(Phase.PAUSED, machine.phase());
        release.countDown();
        await("the guest", () -> machine.phase() == Phase.RUNNING);
        assertEquals(1, leases.get());
        awaitCalls("attach", "start");
    }

    @ParameterizedTest
    @ValueSource(strings = {"create", "claims", "obstacles"})
    void aNewDeviceThatHangs(String method) {
        var others = new Hooks();
        others.before(method, () -> await(release));
        refused(() -> {
            try (var loose = new LooseDevice(DEVICE, new Blueprint.DeviceBlueprint(
                    Fakes.installed(others.device(gadgets), gadgets.model(), "1.0.0"),
                    Fakes.blueprint(boards, processors, gadgets, 1).devices().get(DEVICE).configuration(), 0), LIMITS)) {
                DeviceSlot slot = loose.make();
                slot.obstacles();
                slot.claims();
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"reset", "node", "start"})
    void aDeviceThatHangsAtBoot(String method) {
        hang(method);
        machine.attach();
        var failure = refused(machine::boot);
        assertTrue(failure.getMessage().contains("has not returned from " + method + "()"), failure.getMessage());
    }

    @Test
    void aBoardThatHangsAtBoot() {
        hang(ofTheBoard, "boot");
        machine.attach();
        assertTrue(refused(machine::boot).getMessage().startsWith("/plank: test.plank 1.0.0 has not returned from boot()"));
    }

    @Test
    void aQuiesceThatHangsLeavesTheGuestPausedAndTheOperatorIsObeyed() {
        boot();
        hang("quiesce");
        assertTrue(refused(machine::pause).getMessage().contains("has not returned from quiesce()"));
        assertEquals(Phase.PAUSED, machine.phase());
        assertTrue(machine.why().contains("has not returned from quiesce()"), machine.why());
        refused(machine::resume);
        release.countDown();
        await("the device", () -> succeeds(machine::resume));
        assertEquals(Phase.RUNNING, machine.phase());
    }

    @Test
    void aStateThatHangs() {
        boot();
        hang("state");
        var device = machine.parts().getLast();
        refused(device::state);
        assertTrue(refused(device::acknowledged).getMessage().contains("has not returned from state() since"));
        assertEquals(Phase.RUNNING, machine.phase());
        release.countDown();
        await("the state", () -> succeeds(device::state));
        assertEquals(5L, device.state().get(1L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"state", "restore"})
    void oneThatHangsWhenItsMachineIsClosedGivesItsFileBackWhenItReturns(String method) {
        boot();
        machine.pause();
        var device = machine.parts().getLast();
        var state = device.state();
        hang(method);
        refused(() -> {
            device.state();
            try {
                device.restore(state);
            } catch (StateException e) {
                throw new AssertionError(e);
            }
        });
        assertTimeoutPreemptively(PATIENCE, machine::close);
        assertFalse(gadgets.calls.contains("detach"));
        assertEquals(1, leases.get());
        release.countDown();
        awaitCalls("detach");
        await("the lease", () -> leases.get() == 0);
    }

    /** The processor is in the device, and does not come to a safe point. */
    private void hangInAccess() throws InterruptedException {
        boot();
        hang("write");
        processors.made.getFirst().nextCall = () -> boards.context.bus().find(Fakes.HOLE, 4).handler().write(0, 4, 1);
        await(hanging);
    }

    @Test
    void anAccessThatHangs() throws InterruptedException {
        hangInAccess();
        assertTrue(refused(machine::pause).getMessage().contains("has not come to a safe point"));
        var device = machine.parts().getLast();
        assertTrue(refused(device::acknowledged).getMessage().contains("has been busy for 100 ms (thread 'test/counter@0')"));
        refused(() -> swap(new Hooks()));
        release.countDown();
        await("the pause", () -> succeeds(machine::pause));
        assertEquals(Phase.PAUSED, machine.phase());
    }

    @Test
    void aMachineWhoseProcessorHangsCanBeClosed() throws InterruptedException {
        hangInAccess();
        assertTimeoutPreemptively(PATIENCE, machine::close);
        assertEquals(Phase.CLOSED, machine.phase());
        assertTrue(machine.memory().segment().scope().isAlive(), "the processor may still write to it");
        release.countDown();
        await("the end of guest memory", () -> !machine.memory().segment().scope().isAlive());
    }

    @Test
    void aTimerThatHangs() throws InterruptedException {
        boot();
        gadgets.context.timer(() -> {
            hanging.countDown();
            try {
                await(release);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }).arm(0);
        await(hanging);
        assertTrue(refused(machine::pause).getMessage().contains("a timer of a device has not returned"));
        assertTimeoutPreemptively(PATIENCE, machine::close);
    }

    @Test
    void inputAndOutputThatHangsCanBeLeftBehind() throws InterruptedException {
        boot();
        var completed = new CountDownLatch(1);
        gadgets.context.submit(() -> {
            hanging.countDown();
            await(release);
        }, failure -> completed.countDown());
        await(hanging);
        assertTrue(refused(machine::pause).getMessage().contains("I/O is still in flight"));
        assertEquals(Phase.RUNNING, machine.phase());
        assertTimeoutPreemptively(PATIENCE, machine::close);
        assertTrue(machine.memory().segment().scope().isAlive(), "it may still be written to");
        release.countDown();
        await(completed);
        await("the end of guest memory", () -> !machine.memory().segment().scope().isAlive());
    }

    /** A machine that soon notices that I/O does not return. */
    private CountDownLatch bootAndHangInIo() throws InterruptedException {
        machine.close();
        machine = machine(new CallLimits(SHORT, SHORT, SHORT, SHORT, SHORT, SHORT, SHORT));
        boot();
        var completed = new CountDownLatch(1);
        gadgets.context.submit(() -> {
            hanging.countDown();
            await(release);
        }, failure -> completed.countDown());
        await(hanging);
        return completed;
    }

    @Test
    void aGuestWhoseDiskHangsStandsStillUntilItAnswers() throws InterruptedException {
        var completed = bootAndHangInIo();
        await("the pause", () -> machine.phase() == Phase.PAUSED);
        assertTrue(machine.why().startsWith(DEVICE + ": I/O has not been completed since "), machine.why());
        long then = machine.clock().now();
        assertTrue(refused(machine::resume).getMessage().contains("I/O has not been completed since"));
        assertTrue(refused(machine.parts().getLast()::state).getMessage().contains("I/O has not been completed since"), "it is not whole");
        assertEquals(then, machine.clock().now());
        assertTrue(machine.runRequested());
        release.countDown();
        await(completed);
        await("the guest", () -> machine.phase() == Phase.RUNNING);
        assertEquals(5L, machine.parts().getLast().state().get(1L));
    }

    @Test
    void oneThatTheOperatorPausesWhileItsDiskHangsStaysPausedAndIsWholeThen() throws InterruptedException {
        var completed = bootAndHangInIo();
        await("the pause", () -> machine.phase() == Phase.PAUSED);
        machine.pause();
        gadgets.calls.clear();
        release.countDown();
        await(completed);
        awaitCalls("quiesce");
        assertEquals(Phase.PAUSED, machine.phase());
        machine.resume();
    }

    @Test
    void oneWhoseDiskHangsCanBeClosed() throws InterruptedException {
        var completed = bootAndHangInIo();
        await("the pause", () -> machine.phase() == Phase.PAUSED);
        assertTimeoutPreemptively(PATIENCE, machine::close);
        release.countDown();
        await(completed);
        await("the end of guest memory", () -> !machine.memory().segment().scope().isAlive());
    }

    /** A line that nobody reads from is no reason to stop the guest. */
    @Test
    void aDeviceThatClaimsNothingDoesNotStopTheGuest() throws InterruptedException {
        gadgets.claims = path -> Optional.of(List.of());
        bootAndHangInIo();
        gadgets.context.submit(() -> Thread.sleep(SHORT.multipliedBy(3)), failure -> gadgets.calls.add("later"));
        awaitCalls("later");
        assertEquals(Phase.RUNNING, machine.phase());
    }

    private void swap(Hooks ofTheNew) {
        try (Replacement replacement = machine.replacement(DEVICE, Fakes.installed(ofTheNew.device(newer), newer.model(), "2.0.0"),
                Map.of(), () -> true)) {
            replacement.perform(new Replacement.Crossing() {
                @Override
                public SortedMap<Long, Object> cross(SortedMap<Long, Object> state) {
                    return state;
                }

                @Override
                public void check(SortedMap<Long, Object> held) {
                }
            }, SHORT);
        }
    }

    private String version() {
        return machine.parts().getLast().version().toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"quiesce", "state", "passOn"})
    void anOldOneThatHangsInASwapPausesTheGuestUntilItReturns(String method) {
        boot();
        hang(method);
        var failure = refused(() -> swap(new Hooks()));
        assertTrue(failure.getMessage().contains("test.gadget 1.0.0 has not returned from " + method + "()"), failure.getMessage());
        assertEquals(Phase.PAUSED, machine.phase());
        assertTrue(machine.why().contains(method + "()"), machine.why());
        assertTrue(refused(machine::resume).getMessage().contains("has not returned from " + method + "() since"));
        release.countDown();
        await("the guest", () -> machine.phase() == Phase.RUNNING);
        assertEquals("1.0.0", version());
        assertEquals("start", gadgets.calls.getLast());
        assertEquals(!method.equals("passOn"), !gadgets.calls.contains("attach"), "it has its file again");
        assertEquals(5, boards.context.bus().find(Fakes.HOLE, 4).handler().read(0, 4));
    }

    @Test
    void oneThatTheOperatorPausesMeanwhileStaysPaused() {
        boot();
        hang("quiesce");
        refused(() -> swap(new Hooks()));
        machine.pause();
        release.countDown();
        await("the device", () -> succeeds(machine.parts().getLast()::state));
        assertEquals(Phase.PAUSED, machine.phase());
        machine.resume();
        assertEquals(Phase.RUNNING, machine.phase());
    }

    @ParameterizedTest
    @ValueSource(strings = {"attach", "restore", "state", "start"})
    void aNewOneThatHangsInASwapIsLeftBehind(String method) {
        boot();
        var ofTheNew = new Hooks();
        ofTheNew.before(method, () -> await(release));
        refused(() -> swap(ofTheNew));
        assertEquals(Phase.RUNNING, machine.phase(), machine.why());
        assertEquals("1.0.0", version());
        assertEquals("start", gadgets.calls.getLast());
        assertEquals("detach", newer.calls.getLast());
        release.countDown();
        if (method.equals("attach")) {
            await("the end of the new one", () -> newer.calls.size() > 1 && newer.calls.getLast().equals("detach"));
        }
    }

    @Test
    void aMachineWithAKeeperThatDoesNotAnswer() {
        var closed = new VirtualMachine(Fakes.blueprint(new Fakes.FakeBoards(), processors, gadgets, 1), () -> (claim, lost) -> {
            hanging.countDown();
            try {
                await(release);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return keeper.acquire(claim, lost);
        }, new HeapShares(Long.MAX_VALUE), m -> { }, LIMITS);
        try (closed) {
            assertTrue(refused(closed::attach).getMessage().contains("does not answer"));
            release.countDown();
            await("the end of the lease that came too late", () -> leases.get() == 0);
        }
    }
}
