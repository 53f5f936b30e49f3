package org.sterna.migration;

import java.util.List;
import org.sterna.machine.Reason;

/**
 * How far a migration is, at the source.
 *
 * @param phase             what it is doing
 * @param verdict           the destination's verdict, or null before it is known
 * @param round             the pre-copy round, from 1; 0 before the first
 * @param bulkBytes         the size of guest memory in bytes
 * @param transferred       the bytes sent so far, frames and all
 * @param remaining         the bytes of pages still to be sent, as known at the last harvest
 * @param zeroPages         the pages sent by header only
 * @param dirtyRate         bytes of pages that the guest dirties per second
 * @param bandwidth         bytes sent per second, measured
 * @param expectedDowntime  how long the last round would take now, in nanoseconds; {@link Long#MAX_VALUE} while there
 *                          is no estimate
 * @param downtime          how long the guest stood still, in nanoseconds; 0 until it runs again, here or at the
 *                          destination, and if it was paused before
 * @param elapsed           since the start, in nanoseconds
 * @param reasons           why it failed; empty unless {@link Phase#FAILED}
 */
public record MigrationStatus(Phase phase, Verdict verdict, int round, long bulkBytes, long transferred, long remaining,
        long zeroPages, long dirtyRate, long bandwidth, long expectedDowntime, long downtime, long elapsed,
        List<Reason> reasons) {
    /** Copies the reasons. */
    public MigrationStatus {
        reasons = List.copyOf(reasons);
    }

    /** What a migration is doing. */
    public enum Phase {
        /** Connecting, exchanging capabilities. */
        SETUP,
        /** Waiting for the verdict. */
        NEGOTIATION,
        /** Sending pages while the guest runs. */
        PRECOPY,
        /** The guest is stopped; last pages, sections, digests. */
        SWITCHOVER,
        /** The guest runs at the destination. */
        COMPLETED,
        /** Given up, for the reasons; the guest runs here unless they say otherwise. */
        FAILED,
        /** Given up by request; the guest runs here. */
        CANCELLED
    }

    /** Whether nothing more will change. */
    public boolean ended() {
        return phase.compareTo(Phase.COMPLETED) >= 0;
    }
}
