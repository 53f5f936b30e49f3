package org.sterna.device.virtio;

/** A driver's violation of the specification after which its queue cannot be trusted. */
final class DriverFault extends Exception {
    private static final long serialVersionUID = 1L;

    DriverFault(String message) {
        // A guest can cause as many as it likes, so they carry no stack trace.
        super(message, null, false, false);
    }
}
