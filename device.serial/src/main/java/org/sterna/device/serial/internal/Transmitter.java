package org.sterna.device.serial.internal;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.time.GuestClock;

/**
 * Brings characters from the UART to the back end. It takes them off the transmit FIFO at once, into a buffer that
 * gathers what the guest sends while a write is going on, so that a guest that prints character by character does not
 * wait for a write each, and a burst goes out in one. The FIFO fills only when the buffer is full.
 *
 * <p>What was taken has left the UART and belongs to the host. A peer that takes nothing is asked again in guest time,
 * so that a pause never has to wait for it.
 */
final class Transmitter {
    private static final System.Logger LOG = System.getLogger(Transmitter.class.getName());
    private static final long RETRY_NANOS = 10_000_000;
    private static final int CAPACITY = 4096;

    private final DeviceContext context;
    private final Uart uart;
    private final GuestClock.Timer retry;
    private Link link = new NullLink();
    /** What was taken, oldest first; the write that is going on reads the first {@link #writing} bytes. */
    private final byte[] taken = new byte[CAPACITY];
    private int count;
    private int writing;
    private boolean failed;

    /** A transmitter with nothing at the other end. */
    Transmitter(DeviceContext context, Uart uart) {
        this.context = context;
        this.uart = uart;
        this.retry = context.timer(this::transmit);
    }

    /** Connects it to another back end. */
    void connect(Link other) {
        link = other;
        clear();
        failed = false;
    }

    /** Whether all that was taken has been written. */
    boolean sent() {
        return count == 0;
    }

    /** Forgets what was taken and not written. A write that is going on is not affected. */
    void clear() {
        retry.cancel();
        count = writing;
    }

    /** Takes what fits, and writes it unless a write is going on. */
    void transmit() {
        count += uart.takeTransmitted(taken, count);
        if (writing == 0 && count > 0) {
            writing = count;
            var write = new Write(link, taken, count);
            context.submit(write, failure -> written(write.done, failure));
        }
    }

    /** What was taken and not written; no write is going on. */
    byte[] unsent() {
        return Arrays.copyOf(taken, count);
    }

    /** Writes before all else what a predecessor has not; another version may have had more room. */
    void resend(byte[] unsent) {
        int more = Math.min(unsent.length, CAPACITY - count);
        System.arraycopy(taken, 0, taken, more, count);
        System.arraycopy(unsent, 0, taken, 0, more);
        count += more;
    }

    private void written(int done, Exception failure) {
        int gone = done;
        if (failure != null) {
            complain(failure);
            gone = writing;
        }
        boolean held = gone < writing;
        System.arraycopy(taken, gone, taken, 0, count - gone);
        count -= gone;
        writing = 0;
        if (held) {
            retry.arm(context.clock().now() + RETRY_NANOS);
        } else {
            transmit();
        }
    }

    /** The guest can do nothing about it, and a full disk would fail with every character. */
    private void complain(Exception failure) {
        if (!failed) {
            failed = true;
            LOG.log(Level.WARNING, "{0}: output is lost: {1}", context.path(), failure.toString());
        }
    }

    /** One write, with its result. */
    private static final class Write implements DeviceContext.BlockingIo {
        private final Link link;
        private final byte[] bytes;
        private final int count;
        private int done;

        Write(Link link, byte[] bytes, int count) {
            this.link = link;
            this.bytes = bytes;
            this.count = count;
        }

        @Override
        public void run() throws Exception {
            done = link.write(bytes, count);
        }
    }
}
