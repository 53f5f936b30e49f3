package org.sterna.launcher.internal.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/** Another process of this program, started as this one was; it never outlives it. */
final class ChildProcess implements AutoCloseable {
    private static final long PATIENCE_S = 30;

    private final String name;
    private final Path log;
    private final Process process;

    /**
     * Starts a command.
     *
     * @param name what messages call it
     * @param log  where its output goes
     */
    ChildProcess(String name, Path log, List<String> command) {
        this.name = name;
        this.log = log;
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.sterna.launcher.boot.Main"));
        line.addAll(command);
        try {
            process = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile()).start();
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a file that the process makes, such as a socket. */
    void await(Path file) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (!Files.exists(file)) {
            if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
                throw failed("ended early");
            }
            if (System.nanoTime() > end) {
                throw failed("is not ready after " + PATIENCE_S + " s");
            }
        }
    }

    /** Waits for a line of its output that begins with a text, and returns what follows in the line. */
    String awaitLine(String start) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (System.nanoTime() < end) {
            String told = told();
            for (int line = 0, next = told.indexOf('\n'); next >= 0; line = next + 1, next = told.indexOf('\n', line)) {
                if (told.startsWith(start, line)) {
                    return told.substring(line + start.length(), next);
                }
            }
            if (process.waitFor(20, TimeUnit.MILLISECONDS)) {
                throw failed("ended early");
            }
        }
        throw failed("is not ready after " + PATIENCE_S + " s");
    }

    private MachineException failed(String how) {
        String told = told().strip();
        return MachineException.failed("process " + name, "", how + (told.isEmpty() ? "" : ": " + told), "");
    }

    private String told() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return Reason.causeOf(e);
        }
    }

    /** Ends the process, at the latest by force. */
    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(5, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
