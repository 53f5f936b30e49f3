package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.BitSet;
import org.sterna.machine.memory.DirtyLog;
import org.sterna.migration.internal.wire.Failure;

/**
 * Sends guest memory while the guest runs: everything once, then in rounds what the guest has written meanwhile, until
 * what is left should fit into the downtime. There is no last round: a guest that writes faster than the line takes
 * goes on until the operator cancels, and the status says how long it would stand still.
 */
final class Precopy {
    private final Confirmation confirmation;
    private final PageSender sender;
    private final DirtyLog.Reader dirtyLog;
    private final Pacer pacer;
    private final Progress progress;

    /** What makes sure that the pages of a round are where they belong. */
    interface Confirmation {
        /** Waits for it; the time until then gives the bandwidth. */
        void await(int round) throws Failure;
    }

    Precopy(Confirmation confirmation, PageSender sender, DirtyLog.Reader dirtyLog, Pacer pacer, Progress progress) {
        this.confirmation = confirmation;
        this.sender = sender;
        this.dirtyLog = dirtyLog;
        this.pacer = pacer;
        this.progress = progress;
    }

    /** Runs it and returns the pages that are left. */
    BitSet run(int pages, Duration downtimeLimit) throws Failure {
        var pending = new BitSet(pages);
        pending.set(0, pages);
        for (int round = 1; ; round++) {
            progress.beginRound(round, pending.cardinality());
            sender.send(pending, pacer);
            confirmation.await(round);
            pending.clear();
            dirtyLog.harvest(pending);
            progress.endRound(pending.cardinality());
            if (progress.expectedDowntime() <= downtimeLimit.toNanos()) {
                return pending;
            }
        }
    }
}
