package org.sterna.machine.board;

import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.abi.Property;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;
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

    /** The guest has switched the machine off; returns at once. */
    void powerOff(String reason);

    /** The guest wants the machine to start anew; returns at once. */
    void restart();
}
