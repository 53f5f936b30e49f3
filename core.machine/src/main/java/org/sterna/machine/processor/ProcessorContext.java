package org.sterna.machine.processor;

import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.abi.Property;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.time.GuestClock;

/** What a processor is given. */
@ProviderType
public interface ProcessorContext {
    /** The number of the processor in its machine, from 0. */
    int index();

    /** The value of one of the model's properties. */
    <T> T get(Property<T> property);

    /** Guest memory. The processor keeps the rules of its dirty log for the writes that it makes. */
    GuestMemory memory();

    /**
     * The account of what the processor derives from guest memory, such as decoded instructions. When it is {@linkplain
     * HostMemoryAccount#exhausted() exhausted} the processor drops what it has used least recently before it derives more.
     *
     * @return always the same account
     * @since 1.3
     */
    default HostMemoryAccount hostMemory() {
        return new HostMemoryAccount(() -> 64 << 20);
    }

    /** What lies at addresses outside guest memory. */
    MmioBus bus();

    /** Guest time. */
    GuestClock clock();

    /** The frequency of the guest's time counter in Hz, as the board says. */
    long timebase();

    /** How the processor is asked to stop at a safe point, and how it idles. */
    ProcessorControl control();

    /** What takes calls of the guest to its environment, or null if the guest brings its own firmware. */
    EnvironmentCalls environment();
}
