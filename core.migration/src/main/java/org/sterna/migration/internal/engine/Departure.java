package org.sterna.migration.internal.engine;

import org.sterna.machine.Machine;
import org.sterna.machine.Machine.Phase;
import org.sterna.migration.internal.wire.Failure;

/** Checks that a machine has a guest that could leave, before its peer is contacted. */
public final class Departure {
    private Departure() {
    }

    /** Whether the guest was handed over and may run at the destination, so that only the operator lets it run here. */
    static boolean isHandedOver(Machine machine) {
        return machine.phase() == Phase.PAUSED && machine.ownership().isHandedOver();
    }

    /**
     * Refuses a machine whose guest has not begun, has ended, or may have left already.
     *
     * @throws Failure with the one reason
     */
    public static void check(Machine machine) throws Failure {
        var lost = machine.memory().unreadable();
        if (lost.isPresent()) {
            throw lostMemory(machine, lost.get());
        }
        Phase phase = machine.phase();
        String why = machine.why().isEmpty() ? "" : ": " + machine.why();
        switch (phase) {
            case CREATED -> throw Failure.here(machine.name(), "the guest has not been started", "start it first");
            case STOPPED, PANICKED -> throw Failure.here(machine.name(), "the guest has ended" + why, "");
            case CLOSED -> throw Failure.here(machine.name(), machine.ownership().isHandedOver()
                ? "the machine was closed after its guest was handed over" + why
                : "the machine was closed, and its guest has ended with it" + why, "");
            case FAILED -> throw Failure.here(machine.name(), "the guest cannot go on anywhere" + why, "");
            case PAUSED -> {
                switch (machine.ownership()) {
                    case FENCED -> throw Failure.here(machine.name(), "the guest may run elsewhere" + why,
                        "let it go on here first, which it does if it gets its lease back");
                    case UNCONFIRMED, DEPARTED -> throw Failure.here(machine.name(), "the guest has been given away" + why,
                        Handover.TAKE_BACK);
                    case ARRIVING -> throw Failure.here(machine.name(), "the guest has not arrived yet", "try again later");
                    case LOCAL, RELEASED -> {
                        if (!machine.attached()) {
                            throw Failure.here(machine.name(), "its devices have given their host resources back" + why,
                                "resume it first");
                        }
                    }
                }
            }
            case RUNNING -> { }
        }
    }

    /** A part of guest memory cannot be read any more. */
    static Failure lostMemory(Machine machine, String why) {
        return Failure.here(machine.name(), why, "restore the guest from a whole copy of the file");
    }
}
