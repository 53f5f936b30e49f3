package org.sterna.machine.internal;

/** The stack of a thread that does not return, for the log: whoever writes the log keeps it from the terminal. */
final class HangingStack extends Exception {
    private static final long serialVersionUID = 1L;

    /**
     * The stack of a thread at this moment.
     *
     * @param thread may be null, when nobody knows it
     */
    HangingStack(Thread thread) {
        super("the thread hangs here");
        setStackTrace(thread == null ? new StackTraceElement[0] : thread.getStackTrace());
    }
}
