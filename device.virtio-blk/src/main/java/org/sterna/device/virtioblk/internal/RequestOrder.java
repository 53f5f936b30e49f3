package org.sterna.device.virtioblk.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Starts requests at once and side by side, unless a barrier forbids it: a barrier starts when every request that the
 * device took before it is complete, and no request that it took later starts before the barrier is complete. The order
 * is that of the whole device, whichever queues the requests come from.
 *
 * <p>Every request that waits is started by the completion of another one, so a pause, which waits for the I/O in
 * flight, waits for these too, unless there are <em>kept</em> ones: requests that the host could not carry out, and that are to
 * be tried again. A kept one is not complete.
 */
final class RequestOrder {
    private final Consumer<BlockRequest> starter;
    private final Queue<BlockRequest> waiting = new ArrayDeque<>();
    private final List<BlockRequest> kept = new ArrayList<>();
    private int running;
    private boolean barrierRuns;
    private boolean starting;

    /** @param starter starts a request; {@link #completed} or {@link #keep} is called once for it, at once or later */
    RequestOrder(Consumer<BlockRequest> starter) {
        this.starter = starter;
    }

    /** Starts a request now or later. */
    void admit(BlockRequest request) {
        waiting.add(request);
        startWhatMay();
    }

    /** A request that was started is complete. */
    void completed() {
        running--;
        startWhatMay();
    }

    /** A request that was started could not be carried out. */
    void keep(BlockRequest request) {
        kept.add(request);
    }

    /** Whether there are kept requests. */
    boolean keeps() {
        return !kept.isEmpty();
    }

    /** Starts the kept requests again, as they were taken. */
    void retry() {
        var again = inOrder(kept);
        kept.clear();
        again.forEach(starter);
    }

    /** Forgets the requests that are kept or wait, when none is in flight. */
    List<BlockRequest> takeBack() {
        var all = new ArrayList<>(kept);
        all.addAll(waiting);
        running -= kept.size();
        barrierRuns = false;
        kept.clear();
        waiting.clear();
        return inOrder(all);
    }

    private static List<BlockRequest> inOrder(List<BlockRequest> requests) {
        return requests.stream().sorted(Comparator.comparingLong(BlockRequest::number)).toList();
    }

    private void startWhatMay() {
        if (starting) {
            // A request that is complete at once comes back here while the loop below runs.
            return;
        }
        starting = true;
        try {
            while (!waiting.isEmpty() && (running == 0 || !barrierRuns && !waiting.element().barrier())) {
                BlockRequest next = waiting.remove();
                barrierRuns = next.barrier();
                running++;
                starter.accept(next);
            }
        } finally {
            starting = false;
        }
    }
}
