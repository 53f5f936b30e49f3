package org.sterna.machine.memory;

/**
 * The host has no memory for something that the guest needs. Whoever throws it has changed nothing, so that the same can be
 * tried again when there is memory.
 *
 * @since 1.1
 */
public final class HostMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception.
     *
     * @param what what there was no memory for
     */
    public HostMemoryException(String what) {
        // There may be no memory for a stack trace either.
        super(what, null, false, false);
    }
}
