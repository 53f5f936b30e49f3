package org.sterna.device.serial.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;

/**
 * Standard input and output of this process.
 *
 * <p>A read of standard input can be neither interrupted nor undone, so a reader that was left behind in one would take
 * the next input away from whoever attaches later: another machine, or the next version of this device. Therefore it
 * looks whether there is input, ten milliseconds after it last looked, and takes no more than there is room for.
 */
final class StandardLink implements Link {
    private static final int POLL_MILLIS = 10;

    private final InputStream in = System.in;
    private final PrintStream out = System.out;
    private volatile boolean closed;

    @Override
    public int write(byte[] bytes, int count) {
        out.write(bytes, 0, count);
        out.flush();
        return count;
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
    public synchronized void close() {
        closed = true;
    }
}
