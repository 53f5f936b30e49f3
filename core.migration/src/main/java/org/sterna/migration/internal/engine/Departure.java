package org.sterna.migration.internal.engine;

import org.sterna.machine.Machine;
import org.sterna.machine.Machine.Phase;
import org.sterna.migration.internal.wire.Failure;

/** Whether there is a guest that could leave, which is asked before anybody else is. */
public final class Departure {
    private Departure() {
    }

    /**
     * Refuses a machine whose guest has not begun, has ended, or may have left already.
     *
     * @throws Failure with the one reason
     */
    public static void check(Machine machine) throws Failure {
        Phase phase = machine.phase();
        String why = machine.why().isEmpty() ? "" : ": " + machine.why();
        switch (phase) {
            case CREATED -> throw Failure.here(machine.name(), "the guest has not been started", "start it first");
            case STOPPED, PANICKED, CLOSED -> throw Failure.here(machine.name(), "the guest has ended" + why, "");
            case FAILED -> throw Failure.here(machine.name(), "the guest cannot go on anywhere" + why, "");
            case PAUSED -> {
                if (machine.fenced()) {
                    throw Failure.here(machine.name(), "the guest may run elsewhere" + why,
                        "let it go on here first, which it does if it gets its lease back");
                }
                if (!machine.attached()) {
                    throw Failure.here(machine.name(), "the guest has been given away" + why, Handover.TAKE_BACK);
                }
            }
            case RUNNING -> { }
        }
    }
}
