package org.sterna.machine.processor;

import org.osgi.annotation.versioning.ConsumerType;
import org.sterna.machine.state.Stateful;

/**
 * A processor. The machine gives it a thread and calls all methods on that thread, or on another while the processor
 * is at a safe point, so a processor needs no locks; only {@link #interrupt} may be called at any time by any thread.
 *
 * @param <S> the record that is its state
 */
@ConsumerType
public interface Processor<S extends Record> extends Stateful<S> {
    /** Puts the processor into its state after power-on, halted. */
    void reset();

    /**
     * Lets a halted processor run from an address.
     *
     * @param address   the guest-physical address of the first instruction
     * @param arguments what its first argument registers hold
     */
    void boot(long address, long... arguments);

    /** Halts the processor until it is {@linkplain #boot booted} again. */
    void halt();

    /** Whether it is halted. */
    boolean halted();

    /**
     * Executes guest code until {@link ProcessorControl#safePointRequested()} says so, and then returns between two
     * instructions. It returns at once if it is halted. When the guest waits for an interrupt, it calls
     * {@link ProcessorControl#idle()}.
     *
     * @throws ProcessorFault if the guest has made the processor unable to go on
     * @throws org.sterna.machine.memory.HostMemoryException if the host has no memory for what the processor must derive, such
     *         as decoded instructions; its state is one between two instructions, and it can be run again
     */
    void run();

    /**
     * Sets the level of one of the processor's interrupt inputs. Any thread; visible to a running processor within
     * microseconds. The caller need not wake an idle processor: the implementation calls
     * {@link ProcessorControl#wake()}.
     *
     * @param input the number of the input, in the processor's own numbering
     */
    void interrupt(int input, boolean high);

    /** Forgets which pages have been marked in the dirty log, see {@link org.sterna.machine.memory.DirtyLog}. */
    void forgetMarkedPages();

    /** Forgets all that it has derived from guest memory: translations of addresses, decoded instructions. */
    void forgetTranslations();

    /**
     * Gives back all host memory that it can do without, such as decoded instructions: the machine's {@linkplain
     * ProcessorContext#hostMemory budget} has become smaller, or the host is short of memory. The guest does not notice.
     *
     * @since 1.3
     */
    default void dropCaches() {
        forgetTranslations();
    }

    /** An integer register, in the processor's own numbering; for environment calls and debuggers. */
    long register(int number);

    /** Sets an integer register. */
    void setRegister(int number, long value);

    /**
     * A control register that any software can read at its own risk, in the processor's own numbering; for environment calls
     * and debuggers. Reading it changes nothing.
     *
     * @return its value, or 0 if there is none of that number
     */
    default long controlRegister(int number) {
        return 0;
    }

    /** How the processor is announced to the guest's operating system, where the board has a way to do so. */
    default ProcessorNode node() {
        return ProcessorNode.of();
    }

    /** The address of the next instruction. */
    long programCounter();

    /** The number of instructions executed since the processor was created; for measurements, not guest-visible. */
    long instructions();
}
