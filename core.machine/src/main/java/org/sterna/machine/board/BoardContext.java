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
     * Runs an action on a processor's own thread at its next safe point, at once if that is the calling thread, and
     * returns when it has been done. Two processors may do this to each other at the same time.
     */
    void atSafePoint(Processor<?> processor, Runnable action);

    /** The guest has switched the machine off; returns at once. */
    void powerOff(String reason);

    /** The guest has switched the machine off and says that it has failed; returns at once. */
    void panic(String reason);

    /** The guest wants the machine to start anew; returns at once. */
    void restart();
}
