package org.sterna.machine;

/**
 * A request of the guest that the host could not carry out.
 *
 * @param reason    what has failed: the device's path as subject, the host property that names the resource as item, what the
 *                  system says as cause, and what the operator can do about it
 * @param operation what was tried
 * @param action    what becomes of the request
 * @param noSpace   whether the resource is full
 * @since 1.4
 */
public record IoError(Reason reason, Operation operation, Action action, boolean noSpace) {
    /** What can fail. */
    public enum Operation {
        /** Something was to be read. */
        READ,
        /** Something was to be written, or made durable. */
        WRITE
    }

    /** What becomes of the request. */
    public enum Action {
        /** The machine pauses, and the device keeps the request and tries it again when the guest goes on. */
        STOP,
        /** The guest is told that it has failed. */
        REPORT,
        /** The guest is told that it has succeeded. */
        IGNORE
    }
}
