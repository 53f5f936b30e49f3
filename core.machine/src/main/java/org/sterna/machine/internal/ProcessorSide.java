package org.sterna.machine.internal;

import java.util.concurrent.atomic.AtomicReference;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Property;
import org.sterna.machine.board.Board;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorContext;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.time.GuestClock;

/**
 * What a machine gives one of its processors.
 *
 * @param firmware whose code calls of the guest to its environment are
 * @param guarded  the processor itself, with its guard, which is the one that the board knows
 */
record ProcessorSide(int index, ProcessorControl control, Configuration configuration, Board<?> board, GuestMemory memory,
        HostMemoryAccount hostMemory, MmioBus bus, GuestClock clock, Plugin firmware, AtomicReference<Processor<?>> guarded) implements ProcessorContext {
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
        EnvironmentCalls calls = board.environment();
        return calls == null ? null : caller -> {
            try {
                calls.call(guarded.get());
            } catch (Throwable e) {
                throw firmware.failure("a call of its firmware", e);
            }
        };
    }
}
