package org.sterna.launcher.internal.shell;

import org.apache.felix.service.command.Descriptor;

/** The command {@code exit}. */
public final class Exit {
    private final Runnable end;
    private volatile int code;
    private volatile boolean asked;

    Exit(Runnable end) {
        this.end = end;
    }

    /** Ends the shell. */
    @Descriptor("end the shell, and with it the machines that are not left in a snapshot")
    public void exit() {
        exit(0);
    }

    /** Ends the shell with an exit code. */
    @Descriptor("end the shell with an exit code")
    public void exit(@Descriptor("the exit code") int code) {
        this.code = code;
        asked = true;
        end.run();
    }

    int code() {
        return code;
    }

    boolean asked() {
        return asked;
    }
}
