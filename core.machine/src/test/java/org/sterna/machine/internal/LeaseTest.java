package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Ownership;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.LeaseKeeper;

/** A machine and its lease: taken first, given back last, and without it the guest stands still. */
class LeaseTest {
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
    private final Keeper keeper = new Keeper();
    private final VirtualMachine machine = new VirtualMachine(
        Fakes.blueprint(new Fakes.FakeBoards(), new Fakes.FakeProcessors(), gadgets, 1), () -> keeper, closed -> { });

    /** Notes what is asked of it between the calls of the device. */
    private final class Keeper implements LeaseKeeper {
        private final List<Consumer<String>> leases = new ArrayList<>();
        private String refusal;

        @Override
        public Lease acquire(Claim claim, Consumer<String> lost) {
            if (refusal != null) {
                throw MachineException.failed(claim.machine(), "", refusal, "");
            }
            gadgets.calls.add("acquire");
            leases.add(lost);
            return () -> gadgets.calls.add("release");
        }

        void lose(int lease) {
            leases.get(lease).accept("the cluster said so");
        }
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
