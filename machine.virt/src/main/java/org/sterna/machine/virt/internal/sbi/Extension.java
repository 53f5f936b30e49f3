package org.sterna.machine.virt.internal.sbi;

/** One extension of the SBI. */
interface Extension {
    /** Its number, what a7 holds. */
    long id();

    /** Whether it can be used now. */
    default boolean available() {
        return true;
    }

    /** Serves a call of it; a function that does not exist gives {@link Answer#NOT_SUPPORTED}. */
    Answer call(Call call);
}
