package org.sterna.machine.processor;

/** A state that a processor cannot go on from; the machine stops and keeps its state for inspection. */
public final class ProcessorFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** A fault with a message that says what the guest did, and where. */
    public ProcessorFault(String message) {
        super(message);
    }
}
