package org.sterna.launcher.internal.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.sterna.machine.MachineException;

/** The serial line of a drill guest. */
public final class DrillConsole implements AutoCloseable {
    private static final long PATIENCE_S = 30;
    private static final long FILLING_S = 600;

    private final SocketChannel channel;
    private DrillReport latest;
    private String lastLine = "";
    private String violation = "";

    /** Connects to the Unix socket of a guest's serial device. */
    DrillConsole(Path socket) {
        try {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("drill-console").start(this::read);
    }

    private void read() {
        try (var lines = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel),
                StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                take(line);
            }
        } catch (IOException e) {
            // The machine has gone, or the console has been closed.
        }
    }

    private synchronized void take(String line) {
        lastLine = line;
        if (line.startsWith("DRILL violation")) {
            violation = line;
        }
        DrillReport.of(line).ifPresent(report -> latest = report);
        notifyAll();
    }

    /** The first violation that the guest has told of here, or the empty string. */
    public synchronized String violation() {
        return violation;
    }

    /** Sends the guest a command. */
    public void send(String command) {
        ByteBuffer bytes = StandardCharsets.US_ASCII.encode(command + "\n");
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits for a report.
     *
     * @throws MachineException if none comes that fits
     */
    synchronized DrillReport await(Predicate<DrillReport> fitting) throws InterruptedException {
        return await(fitting, PATIENCE_S);
    }

    private synchronized DrillReport await(Predicate<DrillReport> fitting, long seconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (latest == null || !fitting.test(latest)) {
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (left <= 0) {
                throw MachineException.failed("guest", "", "no fitting report within " + seconds + " s; its last line: "
                    + lastLine, "");
            }
            wait(left);
        }
        return latest;
    }

    /** Waits for the first report, which comes when the guest has filled its memory. */
    public DrillReport first() throws InterruptedException {
        return await(report -> true, FILLING_S);
    }

    /** Waits for a report that is made after this call, which shows that the guest runs. */
    public DrillReport next() throws InterruptedException {
        long before;
        synchronized (this) {
            before = latest == null ? 0 : latest.sequence();
        }
        return await(report -> report.sequence() > before);
    }

    /** Has the guest report at once. */
    public DrillReport ask() throws InterruptedException {
        send("report");
        return next();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
