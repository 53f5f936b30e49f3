package org.sterna.migration.internal.file;

import java.io.IOException;

/**
 * A file that is not written, though the system would let us; the message says why, in words that follow the file's
 * name.
 */
final class RefusedFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    RefusedFileException(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    /** The same about a file that has another one in its place while it is written. */
    RefusedFileException(String message, RefusedFileException cause) {
        super(message, cause);
        this.remedy = cause.remedy;
    }

    /** What to do about it. */
    String remedy() {
        return remedy;
    }
}
