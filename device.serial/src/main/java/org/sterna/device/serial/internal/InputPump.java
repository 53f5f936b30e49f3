package org.sterna.device.serial.internal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.Semaphore;
import org.sterna.machine.device.DeviceContext;

/**
 * Brings input from a link to the UART. It takes from the link only what the UART has room for, in the same step, so
 * that nothing is ever on its way between them: what the UART has not accepted stays where the host keeps it.
 */
final class InputPump implements DeviceContext.BlockingIo {
    private static final System.Logger LOG = System.getLogger(InputPump.class.getName());

    private final DeviceContext context;
    private final Link link;
    private final Uart uart;
    private final Semaphore wake = new Semaphore(0);
    private final byte[] buffer = new byte[Fifos.LONG.capacity()];
    private boolean flowing;
    private boolean starved;
    private IOException failure;

    /** A pump that brings nothing until it is {@linkplain #flow let flow}. */
    InputPump(DeviceContext context, Link link, Uart uart) {
        this.context = context;
        this.link = link;
        this.uart = uart;
    }

    /** Lets input flow while the guest runs, and only then: a paused device's state does not change. */
    void flow(boolean on) {
        flowing = on;
        roomChanged();
    }

    /** There may be room where there was none. */
    void roomChanged() {
        if (starved && flowing && uart.room() > 0) {
            starved = false;
            wake.release();
        }
    }

    /** The reader's life, until the link is closed or has no more input. Without input a guest can still run. */
    @Override
    public void run() throws InterruptedException {
        try {
            while (failure == null && link.awaitInput()) {
                context.serialized(this::take);
                wake.acquire();
            }
        } catch (IOException e) {
            failure = e;
        }
        if (failure != null) {
            LOG.log(Level.WARNING, "{0}: there will be no more input: {1}", context.path(), failure.toString());
        }
    }

    private void take() {
        int room = flowing ? uart.room() : 0;
        if (room == 0) {
            starved = true;
            return;
        }
        try {
            uart.receive(buffer, link.take(buffer, room));
        } catch (IOException e) {
            failure = e;
        }
        wake.release();
    }

    /** Lets the reader see that its link has been closed. */
    void end() {
        wake.release();
    }
}
