package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.lease.LeaseListener;

/** A machine and its lease: taken first, given back last, and without it the guest stands still. */
class LeaseTest {
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
    private final Keeper keeper = new Keeper();
    private volatile LeaseKeeper installed = keeper;
    /** Counted down when the machine looks who keeps the leases. */
    private volatile CountDownLatch looked = new CountDownLatch(0);
    private final VirtualMachine machine = new VirtualMachine(
        Fakes.blueprint(new Fakes.FakeBoards(), new Fakes.FakeProcessors(), gadgets, 1), this::lookUp, closed -> { });

    /** Notes what is asked of it between the calls of the device. */
    private final class Keeper implements LeaseKeeper {
        private final List<LeaseListener> leases = new CopyOnWriteArrayList<>();
        private String refusal;

        @Override
        public Lease acquire(Claim claim, Consumer<String> lost) {
            throw new AssertionError("machines call the other one");
        }

        @Override
        public Lease acquire(Claim claim, LeaseListener listener) {
            if (refusal != null) {
                throw MachineException.failed(claim.machine(), "", refusal, "");
            }
            gadgets.calls.add("acquire");
            leases.add(listener);
            return () -> gadgets.calls.add("release");
        }

        void lose(int lease) {
            leases.get(lease).lost("the cluster said so");
        }
    }

    private LeaseKeeper lookUp() {
        looked.countDown();
        return installed;
    }

    /** Says that the first lease can be had again and waits until the machine has begun to think about it. */
    private void firstIsAvailable() throws InterruptedException {
        looked = new CountDownLatch(1);
        keeper.leases.get(0).available();
        assertTrue(looked.await(10, TimeUnit.SECONDS), "the machine has not taken note");
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void boot() {
        machine.attach();
        machine.boot();
    }

    /** Revokes the first lease and waits until the machine has taken note. */
    private void loseFirst() throws Exception {
        var noted = new CompletableFuture<Phase>();
        try (AutoCloseable listening = machine.onPhase(noted::complete)) {
            keeper.lose(0);
            noted.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void itIsAcquiredBeforeTheDevicesTakeTheirsAndReleasedAfterTheyGaveTheirs() {
        boot();
        machine.pause();
        machine.detach();
        machine.detach();
        machine.attach();
        machine.close();
        assertEquals(List.of("acquire", "attach", "reset", "start", "quiesce", "detach", "release", "acquire", "attach",
            "quiesce", "detach", "release"), gadgets.calls);
    }

    @Test
    void whoeverGetsNoLeaseTakesNothing() {
        keeper.refusal = "somebody else has it";
        var refusal = assertThrows(MachineException.class, machine::attach);
        assertTrue(refusal.getMessage().contains("somebody else has it"), refusal.getMessage());
        assertFalse(machine.attached());
        assertEquals(List.of(), gadgets.calls);
    }

    @Test
    void aDeviceThatRefusesGivesTheLeaseBack() {
        gadgets.attachFailure = MachineException.failed("/gadget@0", "file", "is not there", "");
        assertThrows(MachineException.class, machine::attach);
        assertEquals(List.of("acquire", "release"), gadgets.calls);
        gadgets.attachFailure = null;
    }

    @Test
    void withoutItsLeaseTheGuestStandsStillUntilThereIsANewOne() throws Exception {
        boot();
        loseFirst();
        assertEquals(Phase.PAUSED, machine.phase());
        assertTrue(machine.fenced());
        assertFalse(machine.attached());
        assertEquals("it has lost the lease on its devices' resources: the cluster said so", machine.why());
        assertEquals(List.of("acquire", "attach", "reset", "start", "quiesce", "detach"), gadgets.calls,
            "what is lost is not given back");

        keeper.refusal = "somebody else has it";
        assertThrows(MachineException.class, machine::attach);
        assertThrows(MachineException.class, machine::resume);
        assertEquals(Ownership.FENCED, machine.ownership());
        assertEquals(Phase.PAUSED, machine.phase());
        keeper.refusal = null;
        machine.resume();
        assertEquals(Ownership.LOCAL, machine.ownership(), "whoever resumes it gets it a new lease");
        assertEquals(Phase.RUNNING, machine.phase());
    }

    /** Says that a lost lease can be had again and waits for what the machine does about it. */
    private void available(int lease, BooleanSupplier done) throws Exception {
        keeper.leases.get(lease).available();
        await(done);
    }

    private static void await(BooleanSupplier done) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!done.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "nothing has happened");
            LockSupport.parkNanos(1_000_000);
        }
    }

    private boolean runsOnItsLease() {
        return machine.phase() == Phase.RUNNING && machine.attached() && machine.ownership() == Ownership.LOCAL;
    }

    @Test
    void theGuestRunsAgainWhenTheKeeperSaysThatNobodyElseHadTheLease() throws Exception {
        boot();
        for (int i = 0; i < 3; i++) {
            // One right after the other: the loss comes first all the same.
            keeper.lose(i);
            int leases = i + 2;
            available(i, () -> keeper.leases.size() == leases && runsOnItsLease());
        }
        keeper.leases.get(0).available();
        keeper.leases.get(0).lost("long ago");
        machine.pause();
        machine.resume();
        assertTrue(runsOnItsLease(), "what is said of earlier leases counts no more");
        assertEquals(4, keeper.leases.size());
    }

    @Test
    void aPausedGuestStaysPausedWhenTheLeaseIsBack() throws Exception {
        boot();
        machine.pause();
        loseFirst();
        available(0, () -> machine.ownership() == Ownership.LOCAL);
        assertTrue(machine.attached());
        assertEquals(Phase.PAUSED, machine.phase());
        machine.resume();
        assertEquals(Phase.RUNNING, machine.phase());
    }

    @Test
    void aGuestThatIsPausedByTheOperatorMeanwhileStaysPaused() throws Exception {
        boot();
        loseFirst();
        machine.pause();
        available(0, machine::attached);
        assertEquals(Phase.PAUSED, machine.phase());
    }

    @Test
    void aLeaseThatCannotBeHadAllTheSameLeavesTheGuestPaused() throws Exception {
        boot();
        loseFirst();
        keeper.refusal = "somebody else was faster";
        available(0, () -> machine.why().contains("somebody else was faster"));
        assertTrue(machine.why().contains("the cluster said so"), machine.why());
        assertTrue(machine.fenced() && !machine.attached());
        keeper.refusal = null;
        available(0, this::runsOnItsLease);
    }

    /** The operation may have been begun when the lease was still there. */
    @Test
    void whatIsUnderWayIsNotMet() throws Exception {
        boot();
        try (Operation operation = machine.begin(Operation.Kind.SNAPSHOT, "", Duration.ZERO)) {
            loseFirst();
            firstIsAvailable();
            operation.hold();
            assertTrue(machine.fenced(), "the operation is under way");
        }
        await(this::runsOnItsLease);
    }

    /** Another keeper does not know whether somebody else has had the resources meanwhile. */
    @Test
    void onlyTheKeeperOfTheLeaseGivesItBack() throws Exception {
        boot();
        loseFirst();
        installed = (claim, lost) -> () -> { };
        firstIsAvailable();
        machine.pause();
        assertTrue(machine.fenced());
        machine.resume();
        assertTrue(runsOnItsLease(), "the operator decides");
    }

    @Test
    void aPausedMachineToo() throws Exception {
        boot();
        machine.pause();
        loseFirst();
        assertTrue(machine.fenced() && !machine.attached());
        assertTrue(machine.why().contains("the cluster said so"), machine.why());
    }

    @Test
    void oneThatHasArrivedKeepsSayingSo() throws Exception {
        machine.attach();
        loseFirst();
        machine.restored();
        assertTrue(machine.why().contains("the cluster said so"), machine.why());
    }

    @Test
    void whatIsSaidOfALeaseThatWasGivenBackCountsNoMore() throws Exception {
        boot();
        machine.pause();
        machine.detach();
        machine.attach();
        machine.resume();
        keeper.lose(0);
        machine.pause();
        machine.resume();
        assertEquals(Phase.RUNNING, machine.phase());
        assertFalse(machine.fenced());
    }

    @Test
    void aLeaseThatIsLostBeforeItIsThereIsLost() throws Exception {
        var noted = new CompletableFuture<Phase>();
        LeaseKeeper hasty = (claim, lost) -> {
            lost.accept("at once");
            return () -> { };
        };
        try (var other = new VirtualMachine(Fakes.blueprint(new Fakes.FakeBoards(), new Fakes.FakeProcessors(),
                new Fakes.Gadgets("1.0"), 1), () -> hasty, closed -> { })) {
            other.onPhase(noted::complete);
            other.attach();
            noted.get(10, TimeUnit.SECONDS);
            assertTrue(other.fenced());
        }
    }

    @Test
    void aDeviceWhoseIoHangsWhenTheLeaseIsLostLeavesAFailedMachine() throws Exception {
        boot();
        gadgets.onQuiesce = () -> {
            throw MachineException.failed("/gadget@0", "", "I/O is still in flight", "");
        };
        loseFirst();
        assertEquals(Phase.FAILED, machine.phase());
        assertTrue(machine.why().contains("the cluster said so"), machine.why());
    }
}
