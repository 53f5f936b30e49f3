package org.sterna.migration;

import java.util.List;
import org.sterna.machine.Reason;

/**
 * What has become of the swap of a device.
 *
 * @param verdict the verdict on its state, or null if the question could not even be asked
 * @param done    whether the new implementation is in place; if not, the old one goes on as if nothing had happened, unless the
 *                reasons say otherwise
 * @param pause   how long the guest stood still, in nanoseconds; 0 if it was paused anyway, or nothing was done
 * @param reasons why it was not done; empty if it was
 */
public record Swap(Verdict verdict, boolean done, long pause, List<Reason> reasons) {
    /** Copies the reasons. */
    public Swap {
        reasons = List.copyOf(reasons);
    }
}
