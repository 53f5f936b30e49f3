package org.sterna.launcher.internal.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The user's terminal, handed to a guest: no echo and no line editing, every key at once. Ctrl-C still ends the
 * process, and keys after Ctrl-A have the meaning that users of QEMU know.
 */
public final class RawTerminal implements AutoCloseable {
    private static final long PATIENCE_S = 2;

    private final String settings;
    private final InputStream input;

    private RawTerminal(String settings, InputStream input) {
        this.settings = settings;
        this.input = input;
    }

    /**
     * Hands the terminal over, if standard input is one.
     *
     * @param quit what Ctrl-A x does
     * @return what takes it back
     */
    public static AutoCloseable open(Runnable quit) {
        String settings = stty("-g");
        if (settings == null) {
            return () -> { };
        }
        var terminal = new RawTerminal(settings, System.in);
        stty("-icanon", "-echo", "min", "1");
        System.setIn(new EscapeKeys(System.in, quit));
        return terminal;
    }

    @Override
    public void close() {
        System.setIn(input);
        stty(settings);
    }

    /** What stty prints; null if standard input is no terminal, or there is no stty. */
    private static String stty(String... arguments) {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            // It waits until the terminal has taken all output, and one that has been stopped by Ctrl-S takes none.
            if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                System.err.println("sterna: the terminal has been stopped, so its settings stay as they are; to set them: stty sane");
                return null;
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            return process.exitValue() == 0 ? output : null;
        } catch (IOException e) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }
}
