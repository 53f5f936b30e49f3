package org.sterna.launcher.internal.terminal;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.Locale;

/** A line that shows how far a migration is, over and over at the same place; nothing unless there is a terminal. */
public final class Progress implements AutoCloseable {
    private static final int BAR = 24;

    private final PrintStream out;
    private final boolean shown;
    private int width;

    /** A display on a stream. */
    public Progress(PrintStream out, boolean shown) {
        this.out = out;
        this.shown = shown;
    }

    /** Whether people watch this process. */
    public static boolean watched() {
        return System.console() != null && System.console().isTerminal();
    }

    /** Shows the answer to {@code query-migrate}. */
    public void show(JsonNode migration) {
        if (shown) {
            String line = line(migration);
            out.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
            out.flush();
            width = line.length();
        }
    }

    static String line(JsonNode migration) {
        JsonNode ram = migration.path("ram");
        long total = ram.path("total").asLong();
        double done = total == 0 ? 0 : Math.clamp(1 - (double) ram.path("remaining").asLong() / total, 0, 1);
        int filled = (int) (done * BAR);
        return String.format(Locale.ROOT, "[%s%s] %3d %%  round %d  %.1f MiB sent  %.0f MB/s  %s",
            "#".repeat(filled), ".".repeat(BAR - filled), (int) (done * 100), ram.path("dirty-sync-count").asInt(),
            ram.path("transferred").asLong() / 1048576.0, ram.path("mbps").asDouble() / 8,
            migration.path("status").asText());
    }

    /** Takes the line away. */
    @Override
    public void close() {
        if (width > 0) {
            out.print("\r" + " ".repeat(width) + "\r");
            out.flush();
            width = 0;
        }
    }
}
