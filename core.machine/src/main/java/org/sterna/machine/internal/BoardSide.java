package org.sterna.machine.internal;

import org.sterna.machine.Machine.Phase;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Property;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.time.GuestClock;

/** What a machine gives its board. */
record BoardSide(String path, Configuration configuration, int processors, GuestMemory memory, MmioBus bus, GuestClock clock,
        Processors cores, Fate fate) implements BoardContext {
    /** What the guest decides on for its machine. */
    interface Fate {
        /** The guest has ended. */
        void ends(Phase last, String reason);

        /** The guest begins anew. */
        void restarts();
    }

    @Override
    public <T> T get(Property<T> property) {
        return configuration.get(property);
    }

    @Override
    public void atSafePoint(Processor<?> processor, Runnable action) {
        cores.atSafePoint(processor, action);
    }

    @Override
    public void powerOff(String reason) {
        fate.ends(Phase.STOPPED, reason);
    }

    @Override
    public void panic(String reason) {
        fate.ends(Phase.PANICKED, reason);
    }

    @Override
    public void restart() {
        fate.restarts();
    }
}
