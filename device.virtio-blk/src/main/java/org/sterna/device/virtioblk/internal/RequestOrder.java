package org.sterna.device.virtioblk.internal;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Starts requests at once and side by side, unless a barrier forbids it: a barrier starts when every request that the
 * device took before it is complete, and no request that it took later starts before the barrier is complete. The order
 * is that of the whole device, whichever queues the requests come from.
 *
 * <p>Every request that is held is started by the completion of another one, so a pause, which waits for the I/O in
 * flight, waits for the held ones too.
 */
final class RequestOrder {
    private record Held(boolean barrier, Runnable start) {
    }

    private final Queue<Held> held = new ArrayDeque<>();
    private int running;
    private boolean barrierRuns;
    private boolean starting;

    /**
     * Starts a request now or later.
     *
     * @param start starts it; {@link #completed} is called once for it, at once or later
     */
    void admit(boolean barrier, Runnable start) {
        held.add(new Held(barrier, start));
        startWhatMay();
    }

    /** A request that was started is complete. */
    void completed() {
        running--;
        startWhatMay();
    }

    private void startWhatMay() {
        if (starting) {
            // A request that is complete at once comes back here while the loop below runs.
            return;
        }
        starting = true;
        try {
            while (!held.isEmpty() && (running == 0 || !barrierRuns && !held.element().barrier())) {
                Held next = held.remove();
                barrierRuns = next.barrier();
                running++;
                next.start().run();
            }
        } finally {
            starting = false;
        }
    }
}
