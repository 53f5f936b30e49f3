package org.sterna.machine.lease;

import java.util.function.Consumer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a keeper tells the machine that holds a lease. Any thread may call it, also before {@code acquire} has returned; it returns at
 * once. What it is told is done in that order.
 *
 * @since 1.1
 */
@ProviderType
public interface LeaseListener {
    /**
     * The lease does not hold any more although nobody has released it, see {@link LeaseKeeper#acquire(Claim, Consumer)}.
     *
     * @param cause one sentence without a full stop
     */
    void lost(String cause);

    /**
     * The lease that was reported lost can be acquired again from this keeper, and nobody else has had what it was for meanwhile, nor
     * will have until then. The machine acquires a new lease by itself, and its guest runs on if the operator wants it to run. If that
     * fails, the machine stays paused and says why; the keeper may call this again.
     *
     * <p>A keeper that cannot promise this does not call it: the guest's memory knows nothing of what others have written. Then only
     * the operator lets the guest go on.
     */
    void available();
}
