package org.sterna.device.serial.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.Map;
import org.sterna.machine.device.Connections;

/**
 * Standard input and output of this process. Output that nobody reads holds the transmitter up and nothing else.
 *
 * <p>A read of standard input can be neither interrupted nor undone, so a reader that was left behind in one would take
 * the next input away from whoever attaches later: another machine, or the next version of this device. Therefore it
 * looks whether there is input, ten milliseconds after it last looked, and takes no more than there is room for.
 */
final class StandardLink implements Link {
    private static final int POLL_MILLIS = 10;
    /** How long a reader of the output may take nothing before it is left to itself. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    /** What a successor is passed, of whatever version. */
    private static final String UNSENT = "unsent";

    private static PrintStream latest;
    private static Outbox output;

    private final InputStream in = System.in;
    private final Outbox out = output(System.out);
    private byte[] unsent;
    private volatile boolean closed;

    /** Goes on with what a predecessor has passed on. */
    StandardLink(Connections passedOn) throws IOException {
        unsent = passedOn.channels().get(UNSENT) instanceof ReadableByteChannel bytes
            ? Channels.newInputStream(bytes).readAllBytes() : NOTHING;
        passedOn.close();
    }

    /** One for all devices that follow one another: what a predecessor has left in it goes first. */
    private static synchronized Outbox output(PrintStream stream) {
        if (stream != latest) {
            latest = stream;
            output = new Outbox((bytes, count) -> {
                stream.write(bytes, 0, count);
                stream.flush();
            });
        }
        return output;
    }

    @Override
    public int write(byte[] bytes, int count) throws IOException {
        return out.offer(bytes, count);
    }

    @Override
    public boolean awaitInput() throws IOException, InterruptedException {
        while (!closed && in.available() == 0) {
            Thread.sleep(POLL_MILLIS);
        }
        return !closed;
    }

    @Override
    public synchronized int take(byte[] into, int most) throws IOException {
        return closed ? 0 : in.read(into, 0, Math.min(most, in.available()));
    }

    @Override
    public Connections passOn(byte[] rest) {
        close();
        return new Connections(Map.of(UNSENT, Channels.newChannel(new ByteArrayInputStream(rest))));
    }

    @Override
    public byte[] unsent() {
        byte[] bytes = unsent;
        unsent = NOTHING;
        return bytes;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        out.awaitWritten(PATIENCE);
    }
}
