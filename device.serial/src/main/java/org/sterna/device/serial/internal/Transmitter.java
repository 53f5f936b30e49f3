package org.sterna.device.serial.internal;

import java.lang.System.Logger.Level;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.time.GuestClock;

/**
 * Brings characters from the UART to the back end, one write at a time: each takes what the transmit FIFO holds when
 * the one before is done. What was taken has left the UART and belongs to the host. A peer that takes nothing is asked
 * again in guest time, so that a pause never has to wait for it.
 */
final class Transmitter {
    private static final System.Logger LOG = System.getLogger(Transmitter.class.getName());
    private static final long RETRY_NANOS = 10_000_000;

    private final DeviceContext context;
    private final Uart uart;
    private final GuestClock.Timer retry;
    private final byte[] taken = new byte[Fifo.CAPACITY];
    private Link link = new NullLink();
    private int from;
    private int to;
    private boolean writing;
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
        return from == to;
    }

    /** Forgets what was taken and not written. A write that is going on is not affected. */
    void clear() {
        retry.cancel();
        if (!writing) {
            from = 0;
            to = 0;
        }
    }

    /** Writes what there is to write, unless a write is going on. */
    void transmit() {
        if (writing) {
            return;
        }
        if (sent()) {
            from = 0;
            to = uart.takeTransmitted(taken, 0);
        }
        if (!sent()) {
            writing = true;
            var write = new Write(link, taken.clone(), from, to - from);
            context.submit(write, failure -> written(write, failure));
        }
    }

    private void written(Write write, Exception failure) {
        writing = false;
        if (failure != null) {
            complain(failure);
            from = to;
        } else {
            from += write.done;
        }
        if (sent()) {
            transmit();
        } else {
            retry.arm(context.clock().now() + RETRY_NANOS);
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
        private final int from;
        private final int count;
        private int done;

        Write(Link link, byte[] bytes, int from, int count) {
            this.link = link;
            this.bytes = bytes;
            this.from = from;
            this.count = count;
        }

        @Override
        public void run() throws Exception {
            done = link.write(bytes, from, count);
        }
    }
}
