package org.sterna.launcher.internal.host;

import java.nio.file.Path;
import java.util.Map;

/** Sterna's folder among those of the user for state, as the XDG Base Directory Specification names it. */
public final class StateFolder {
    private StateFolder() {
    }

    /** The folder that follows from environment variables; it need not be there. */
    public static Path of(Map<String, String> environment) {
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        Path folder = state.startsWith("/") ? Path.of(state)
            : Path.of(System.getProperty("user.home"), ".local", "state");
        return folder.resolve("sterna");
    }
}
