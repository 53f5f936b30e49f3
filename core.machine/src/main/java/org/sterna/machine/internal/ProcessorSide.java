package org.sterna.machine.internal;

import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Property;
import org.sterna.machine.board.Board;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.ProcessorContext;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.time.GuestClock;

/** What a machine gives one of its processors. */
record ProcessorSide(int index, ProcessorControl control, Configuration configuration, Board<?> board, GuestMemory memory,
        HostMemoryAccount hostMemory, MmioBus bus, GuestClock clock) implements ProcessorContext {
    @Override
    public <T> T get(Property<T> property) {
        return configuration.get(property);
    }

    @Override
    public long timebase() {
        return board.timebase();
    }

    @Override
    public EnvironmentCalls environment() {
        return board.environment();
    }
}
