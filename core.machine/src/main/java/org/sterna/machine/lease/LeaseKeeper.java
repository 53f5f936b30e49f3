package org.sterna.machine.lease;

import java.util.function.Consumer;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Sees to it that what machines claim is never used by two of them at once. An OSGi service: of several the one with the highest
 * {@code service.ranking} is asked, and without any a keeper of Sterna's own, which locks a file next to each disk that is
 * opened for writing. A machine takes its lease before any of its devices takes its resources and gives it back after all of them
 * gave theirs, so it holds none while its guest is being handed over: the source gives its lease back before it sends FINISH,
 * the destination acquires its own before it restores anything (migration protocol, section 7.4).
 *
 * <p>A lease stays with the keeper that gave it when another one comes that ranks higher. A keeper that goes away, and cannot
 * answer for its leases any more, reports them lost first.
 *
 * <p>Methods may be called from any thread, for several machines at once. They may block for a while, such as for an answer over
 * a network; the guest does not run meanwhile.
 */
@ConsumerType
public interface LeaseKeeper {
    /**
     * Acquires a lease for everything in a claim, or for nothing of it.
     *
     * @param claim what is wanted
     * @param lost  to be called when the lease does not hold any more although nobody has released it, with the cause in one
     *              sentence without a full stop. It returns at once; the machine then stops its guest, drains its I/O, lets go of
     *              its resources and stays paused until the operator lets it go on, for which it acquires a new lease, or the
     *              keeper says that {@linkplain LeaseListener#available nobody else has had it}. I/O that was in flight may
     *              still reach the resource, as with any lock that is not the storage's own, so a keeper calls this some
     *              seconds before it gives the lease to somebody else. Any thread may call it, also before {@code acquire}
     *              has returned.
     * @return the lease
     * @throws org.sterna.machine.MachineException if somebody else has what is claimed: a reason for each resource with its
     *         device as subject and its property as item, whose cause says who has it
     */
    Lease acquire(Claim claim, Consumer<String> lost);

    /**
     * Acquires a lease like {@link #acquire(Claim, Consumer)}, with a listener that can also be told that a lost lease is to be had
     * again. This is the method that machines call. By default the listener is told of the loss only.
     *
     * @param listener what the keeper tells about this lease
     * @return the lease
     * @throws org.sterna.machine.MachineException as for {@link #acquire(Claim, Consumer)}
     * @since 1.1
     */
    default Lease acquire(Claim claim, LeaseListener listener) {
        return acquire(claim, listener::lost);
    }
}
