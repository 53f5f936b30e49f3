package org.sterna.machine.board;

import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.abi.Property;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.time.GuestClock;

/** What a board is given. Methods may be called from any thread. */
@ProviderType
public interface BoardContext {
    /** The value of one of the model's properties, or null if it has no default and the user gave none. */
    <T> T get(Property<T> property);

    /** The number of processors. */
    int processors();

    /** Guest memory. */
    GuestMemory memory();

    /** Where the board puts its own registers. Owner is the path {@link #path()}. */
    MmioBus bus();

    /** The board's path, such as {@code /virt}. */
    String path();

    /** Guest time. */
    GuestClock clock();

    /**
     * Runs an action on a processor's thread at its next safe point, or at once if the caller is that thread, and
     * returns when it has been done. It may be called from any processor's thread, from inside a register access or an
     * environment call; a caller that waits serves the actions meant for its own processor, so two processors may do it
     * to each other. A halted or idle processor, and one that is held at a safe point, runs the action too. The caller
     * must hold no lock that the action, or a register access of another processor, could want.
     *
     * @param processor one of the machine's processors
     * @param action    must not block and must not throw
     */
    void atSafePoint(Processor<?> processor, Runnable action);

    /** The guest has switched the machine off; returns at once. */
    void powerOff(String reason);

    /** The guest wants the machine to start anew; returns at once. */
    void restart();
}
