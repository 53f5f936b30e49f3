package org.sterna.device.virtio;

import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.time.GuestClock;

/**
 * Serves the queues of a device in turns. In one turn each queue gives out at most as many chains as it has entries, so
 * that no driver can keep the device busy for ever: one that lays the used ring over the available ring makes a new chain
 * available with each that it gets back. What a turn has not served is served in the next one.
 *
 * <p>The next turn is begun by a timer: while the machine comes to a stop no timer runs, and what is not with the device
 * yet stays in its queue, in guest memory.
 */
final class ServingTurns {
    /** How long a device rests after a turn that has not served all: others want the device and the timers too. */
    private static final long REST_NANOS = 1_000_000;

    private final VirtioFunction function;
    private final DriverSession session;
    private final GuestClock clock;
    private final GuestClock.Timer nextTurn;
    private final InFlight inFlight;
    private boolean serving;

    ServingTurns(DeviceContext context, VirtioFunction function, DriverSession session) {
        this.function = function;
        this.session = session;
        this.clock = context.clock();
        this.nextTurn = context.timer(this::serveDue);
        this.inFlight = new InFlight(context.hostMemory());
    }

    /** What the chains that are with the device cost. */
    InFlight inFlight() {
        return inFlight;
    }

    /** Serves every queue. */
    void serveAll() {
        session.queues().forEach(Virtqueue::makeDue);
        serveDue();
    }

    /** Serves a queue. */
    void serve(Virtqueue queue) {
        queue.makeDue();
        serveDue();
    }

    private void serveDue() {
        if (serving) {
            // While it was served the device has given the last chain back that a reset waited for.
            nextTurn.arm(clock.now());
            return;
        }
        serving = true;
        try {
            session.queues().forEach(Virtqueue::beginTurn);
            for (Virtqueue queue : session.queues()) {
                if (queue.takeDue() && session.operating() && queue.ready()) {
                    function.serve(queue);
                }
            }
        } finally {
            session.queues().forEach(Virtqueue::endTurn);
            serving = false;
        }
    }

    /** A queue has given out all that it may in one turn, and has more. */
    void serveRest(Virtqueue queue) {
        queue.makeDue();
        nextTurn.arm(clock.now() + REST_NANOS);
    }

    /** A chain is back: queues may go on that had to wait for it. */
    void serveWaiting() {
        boolean any = false;
        for (Virtqueue queue : session.queues()) {
            if (queue.canGoOn()) {
                queue.makeDue();
                any = true;
            }
        }
        if (any) {
            nextTurn.arm(clock.now());
        }
    }
}
