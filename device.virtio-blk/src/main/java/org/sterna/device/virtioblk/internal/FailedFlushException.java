package org.sterna.device.virtioblk.internal;

import java.io.IOException;

/** A flush cannot succeed, since an earlier one has failed. To try it again does not help. */
final class FailedFlushException extends IOException {
    private static final long serialVersionUID = 1L;

    FailedFlushException() {
        super("a flush has failed before, and what was written until then may not be on the disk");
    }
}
