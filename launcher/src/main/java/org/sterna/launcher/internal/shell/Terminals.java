package org.sterna.launcher.internal.shell;

import java.io.IOException;
import java.util.Map;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.osgi.framework.BundleException;

/** The terminal of this process. */
final class Terminals {
    /** With these, JLine finds no terminal. */
    private static final Map<String, String> NONE = Map.of(TerminalBuilder.PROP_PROVIDER, "none",
        TerminalBuilder.PROP_TYPE, "none", TerminalBuilder.PROP_DUMB, "false");

    private Terminals() {
    }

    /** An action that bundles take part in. */
    interface Action {
        void run() throws BundleException;
    }

    /** Whether standard input is one on which lines can be edited. */
    static boolean isInput() {
        try (Terminal terminal = build(TerminalBuilder.builder().system(true).dumb(false))) {
            return true;
        } catch (IOException | IllegalStateException e) {
            return false;
        }
    }

    /** Opens it; Ctrl-C is for the command that runs, not for the process. */
    static Terminal open() throws IOException {
        return build(TerminalBuilder.builder().name("sterna").system(true).nativeSignals(true)
            .signalHandler(Terminal.SignalHandler.SIG_IGN));
    }

    /** JLine looks for what it needs with the class loader of the thread. */
    private static Terminal build(TerminalBuilder builder) throws IOException {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(TerminalBuilder.class.getClassLoader());
        try {
            return builder.build();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /**
     * Does something as if there were none. The bundle of Gogo's commands would start a shell of its own on the terminal as soon
     * as it is started; without one it has its commands only.
     */
    static void without(Action action) throws BundleException {
        NONE.forEach(System::setProperty);
        try {
            action.run();
        } finally {
            NONE.keySet().forEach(System::clearProperty);
        }
    }
}
