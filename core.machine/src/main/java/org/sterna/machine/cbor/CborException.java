package org.sterna.machine.cbor;

/** Bytes that are not what they should be; the message says what and, where known, at which offset. */
public final class CborException extends Exception {
    private static final long serialVersionUID = 1L;

    /** An exception with its message. */
    public CborException(String message) {
        super(message);
    }

    /** An exception with its message and cause. */
    public CborException(String message, Throwable cause) {
        super(message, cause);
    }
}
