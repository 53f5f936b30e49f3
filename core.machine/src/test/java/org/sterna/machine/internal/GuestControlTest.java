package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Reason;

/** Who may let a guest run: nobody gets round an operation, and what the operator wants survives it. */
class GuestControlTest {
    private final Moving moving = new Moving();
    private final GuestControl control = new GuestControl("m", moving);

    /** Counts what would move, and can refuse. */
    private static final class Moving implements GuestControl.Machinery {
        private boolean runs;
        private boolean attached;
        private MachineException stopFailure;
        private MachineException attachFailure;
        private List<Reason> missing = List.of();
        private Runnable pending = () -> { };

        @Override
        public void start() {
            assertFalse(runs, "started twice");
            runs = true;
        }

        @Override
        public void stop() {
            runs = false;
            if (stopFailure != null) {
                throw stopFailure;
            }
        }

        @Override
        public boolean attached() {
            return attached;
        }

        @Override
        public void attach() {
            if (attachFailure != null) {
                throw attachFailure;
            }
            attached = true;
        }

        @Override
        public void detach() {
            attached = false;
        }

        @Override
        public List<Reason> missing() {
            return missing;
        }

        @Override
        public void makePendingChange() {
            Runnable change = pending;
            pending = () -> { };
            change.run();
        }
    }

    private void boot() {
        control.attach();
        control.boot(() -> { });
        assertTrue(moving.runs);
    }

    private Operation begin(Operation.Kind kind) {
        return control.begin(kind, "to X", Duration.ZERO);
    }

    private static MachineException refused(Runnable action) {
        return assertThrows(MachineException.class, action::run);
    }

    @Test
    void anOperationExcludesAllOthersAndIsNamedInTheRefusal() throws Exception {
        boot();
        try (Operation first = begin(Operation.Kind.MIGRATION)) {
            assertEquals(first, control.operation().orElseThrow());
            for (Operation.Kind kind : Operation.Kind.values()) {
                String message = refused(() -> begin(kind)).getMessage();
                assertTrue(message.contains("a migration to X is under way since "), message);
            }
            assertTrue(moving.runs, "it excludes others, not the guest");
        }
        assertTrue(control.operation().isEmpty());
        begin(Operation.Kind.SWAP).close();
    }

    @Test
    void whoHasPatienceGetsItWhenTheOtherEnds() throws Exception {
        boot();
        Operation first = begin(Operation.Kind.SNAPSHOT);
        var waiting = CompletableFuture.supplyAsync(
            () -> control.begin(Operation.Kind.SWAP, "", Duration.ofSeconds(30)));
        var changes = new ArrayList<Boolean>();
        try (AutoCloseable listening = control.onOperation(() -> changes.add(control.operation().isPresent()))) {
            first.close();
            waiting.get(30, TimeUnit.SECONDS).close();
        }
        assertFalse(changes.isEmpty());
        assertFalse(changes.getLast());
    }

    @Test
    void theGuestStaysHeldWhateverAnybodySays() {
        boot();
        try (Operation snapshot = begin(Operation.Kind.SNAPSHOT)) {
            snapshot.hold();
            assertFalse(moving.runs);
            String message = refused(control::resume).getMessage();
            assertTrue(message.contains("a snapshot to X is under way"), message);
            refused(() -> control.boot(() -> { }));
            refused(control::detach);
            control.continueIfPossible();
            assertFalse(moving.runs);
        }
        assertTrue(moving.runs, "it goes on by itself");
    }

    @Test
    void aStopDuringAnOperationIsKept() {
        boot();
        try (Operation snapshot = begin(Operation.Kind.SNAPSHOT)) {
            snapshot.hold();
            control.pause();
        }
        assertFalse(moving.runs);
        assertEquals(Phase.PAUSED, control.phase());
        assertEquals("paused by request", control.why());
        control.resume();
        assertTrue(moving.runs);
    }

    @Test
    void aGuestThatWasPausedStaysPaused() {
        boot();
        control.pause();
        try (Operation snapshot = begin(Operation.Kind.SNAPSHOT)) {
            snapshot.hold();
            snapshot.release();
            assertFalse(moving.runs);
            control.resume();
            assertTrue(moving.runs, "a snapshot that does not hold the guest is not in its way");
        }
    }

    @Test
    void aHandOverGoesOneWayAfterItsCommit() {
        boot();
        try (Operation migration = begin(Operation.Kind.MIGRATION)) {
            refused(migration::commit);
            migration.hold();
            refused(migration::commit);
            migration.relinquish();
            assertEquals(Ownership.RELEASED, control.ownership());
            assertFalse(moving.attached);
            refused(control::pause);
            refused(control::resume);
            refused(control::attach);
            migration.commit();
            assertEquals(Ownership.UNCONFIRMED, control.ownership());
            refused(control::resume);
            refused(control::reclaim);
        }
        assertFalse(moving.runs);
        assertTrue(control.runRequested());
        String message = refused(control::resume).getMessage();
        assertTrue(message.contains("look at the destination"), message);
        refused(control::attach);
        moving.attachFailure = MachineException.failed("/disk@0", "drive", "is in use", "");
        refused(control::reclaim);
        assertEquals(Ownership.UNCONFIRMED, control.ownership());
        moving.attachFailure = null;
        control.reclaim();
        assertEquals(Ownership.LOCAL, control.ownership());
        assertFalse(moving.runs);
        control.resume();
        assertTrue(moving.runs);
    }

    @Test
    void aHandOverThatFailsBeforeItsCommitIsTakenBack() {
        boot();
        try (Operation migration = begin(Operation.Kind.MIGRATION)) {
            migration.hold();
            migration.relinquish();
            moving.attachFailure = MachineException.failed("/disk@0", "drive", "is in use", "");
            refused(migration::reattach);
            assertEquals(Ownership.RELEASED, control.ownership());
            moving.attachFailure = null;
            migration.reattach();
            refused(migration::commit);
            migration.release();
            assertTrue(moving.runs);
        }
    }

    @Test
    void aHandOverWhoseResourcesCannotBeTakenBackCanBeResumedLater() {
        boot();
        Operation migration = begin(Operation.Kind.MIGRATION);
        migration.hold();
        migration.relinquish();
        moving.attachFailure = MachineException.failed("/disk@0", "drive", "is in use", "");
        refused(migration::reattach);
        migration.close();
        assertFalse(moving.runs);
        refused(control::resume);
        moving.attachFailure = null;
        control.resume();
        assertTrue(moving.runs);
        assertEquals(Ownership.LOCAL, control.ownership());
    }

    @Test
    void anArrivalIsNobodysToRunBeforeItHasArrived() {
        try (Operation arrival = begin(Operation.Kind.ARRIVAL)) {
            assertEquals(Ownership.ARRIVING, control.ownership());
            control.attach();
            assertEquals(Ownership.ARRIVING, control.ownership());
            refused(() -> control.boot(() -> { }));
            control.restored();
            refused(control::resume);
            refused(control::pause);
            refused(arrival::commit);
            refused(arrival::relinquish);
            arrival.arrive(true);
            assertEquals(Ownership.LOCAL, control.ownership());
            assertFalse(moving.runs);
            control.pause();
        }
        assertFalse(moving.runs, "somebody paused it when it had arrived");
        assertFalse(control.runRequested());
    }

    @Test
    void anArrivalThatHasLostItsLeaseDoesNotArrive() {
        try (Operation arrival = begin(Operation.Kind.ARRIVAL)) {
            control.attach();
            control.restored();
            control.locked(() -> {
                control.fence();
                moving.attached = false;
                control.enter(Phase.PAUSED, "it has lost its lease");
            });
            assertTrue(refused(() -> arrival.arrive(true)).getMessage().contains("it has lost its lease"));
        }
        assertFalse(moving.runs);
    }

    @Test
    void aFencedGuestIsNotGivenAway() {
        boot();
        try (Operation migration = begin(Operation.Kind.MIGRATION)) {
            migration.hold();
            control.locked(() -> {
                control.fence();
                moving.attached = false;
                control.enter(Phase.PAUSED, "it has lost its lease");
            });
            refused(migration::relinquish);
        }
        assertFalse(moving.runs);
        control.resume();
        assertTrue(moving.runs, "with a new lease");
        assertEquals(Ownership.LOCAL, control.ownership());
    }

    @Test
    void whatCannotBeStoppedRunsOnAndIsNotHeld() {
        boot();
        moving.stopFailure = MachineException.failed("/disk@0", "", "I/O is still in flight", "");
        try (Operation migration = begin(Operation.Kind.MIGRATION)) {
            refused(migration::hold);
            assertTrue(moving.runs);
            refused(control::pause);
            assertTrue(moving.runs);
            assertTrue(control.runRequested(), "it was refused");
            moving.stopFailure = null;
            control.pause();
            control.resume();
            assertTrue(moving.runs);
        }
    }

    @Test
    void aRefusedResumeChangesNoWish() {
        boot();
        control.pause();
        moving.missing = List.of(Reason.of("/disk@0", "its bundle has gone", "install it again"));
        assertTrue(refused(control::resume).getMessage().contains("install it again"));
        assertFalse(control.runRequested());
    }

    @Test
    void aGuestThatEndsWhileItIsBeingStoppedHasEnded() {
        boot();
        moving.pending = () -> control.enter(Phase.STOPPED, "switched off");
        try (Operation migration = begin(Operation.Kind.MIGRATION)) {
            migration.hold();
            assertEquals(Phase.STOPPED, control.phase());
            refused(migration::relinquish);
        }
        assertEquals(Phase.STOPPED, control.phase());
        refused(control::resume);
    }

    @Test
    void aGuestThatRestartsWhileItIsHeldWaits() {
        boot();
        moving.pending = () -> control.continueOrPause("the guest has restarted itself");
        try (Operation snapshot = begin(Operation.Kind.SNAPSHOT)) {
            snapshot.hold();
            assertEquals(Phase.PAUSED, control.phase());
            assertFalse(moving.runs);
        }
        assertTrue(moving.runs);
    }

    /** Whatever is called in whatever order, the guest never runs while it is held or not this machine's. */
    @Test
    void noOrderOfCallsLetsTheGuestRunWhereItMustNot() {
        var random = new Random(20_261_129);
        for (int walk = 0; walk < 2_000; walk++) {
            var machinery = new Moving();
            var guest = new GuestControl("m", machinery);
            guest.attach();
            guest.boot(() -> { });
            Operation operation = null;
            var steps = new ArrayList<String>();
            for (int step = 0; step < 40; step++) {
                int choice = random.nextInt(14);
                steps.add(Integer.toString(choice));
                boolean before = machinery.runs;
                try {
                    switch (choice) {
                        case 0 -> guest.pause();
                        case 1 -> guest.resume();
                        case 2 -> guest.attach();
                        case 3 -> guest.detach();
                        case 4 -> guest.reclaim();
                        case 5 -> operation = guest.begin(Operation.Kind.values()[random.nextInt(3)], "", Duration.ZERO);
                        case 6 -> machinery.attachFailure = random.nextBoolean() ? null
                            : MachineException.failed("/disk@0", "", "in use", "");
                        case 7 -> guest.locked(guest::continueIfPossible);
                        default -> {
                            if (operation != null) {
                                step(operation, choice);
                            }
                        }
                    }
                } catch (MachineException | IllegalStateException refusal) {
                    assertEquals(before, machinery.runs, "a refusal has changed something: " + steps);
                }
                if (machinery.runs) {
                    assertEquals(Ownership.LOCAL, guest.ownership(), steps.toString());
                    assertEquals(Phase.RUNNING, guest.phase(), steps.toString());
                    assertTrue(machinery.attached && guest.runRequested(), steps.toString());
                } else {
                    assertFalse(guest.phase() == Phase.RUNNING, steps.toString());
                }
            }
        }
    }

    private static void step(Operation operation, int choice) {
        switch (choice) {
            case 8 -> operation.hold();
            case 9 -> operation.release();
            case 10 -> operation.relinquish();
            case 11 -> operation.reattach();
            case 12 -> operation.commit();
            default -> operation.close();
        }
    }
}
