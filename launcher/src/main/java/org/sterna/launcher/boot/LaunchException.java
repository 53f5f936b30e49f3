package org.sterna.launcher.boot;

/** Why the program could not start, in one line. */
final class LaunchException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private LaunchException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    static LaunchException usage(String message) {
        return new LaunchException(2, message);
    }

    static LaunchException failed(String message) {
        return new LaunchException(1, message);
    }

    int exitCode() {
        return exitCode;
    }
}
