package org.sterna.machine.virt.internal.sbi;

import org.sterna.machine.processor.Processor;

/**
 * One call by a guest.
 *
 * @param hart   the number of the caller
 * @param caller the processor of the caller
 */
record Call(int hart, Processor<?> caller) {
    private static final int A0 = 10;
    private static final int FUNCTION = 16;
    private static final int EXTENSION = 17;

    long extension() {
        return caller.register(EXTENSION);
    }

    /** The function of the extension; -1, which none has, for a number of more than 32 bits. */
    int function() {
        long number = caller.register(FUNCTION);
        return number == (int) number ? (int) number : -1;
    }

    /** An argument, 0 to 5. */
    long argument(int number) {
        return caller.register(A0 + number);
    }

    void answer(Answer answer) {
        caller.setRegister(A0, answer.error());
        caller.setRegister(A0 + 1, answer.value());
    }
}
