package org.sterna.machine.internal;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;

/**
 * Acquires a machine's lost lease again when its keeper says that nobody else has had it: at once or, if an operation is under way, when
 * that has ended.
 */
final class LeaseRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseRecovery.class);

    private final String machine;
    private final Attachment attachment;
    private final GuestControl control;
    /** The lost lease that can be acquired again; null if there is none. It is written under the machine's lock. */
    private volatile HeldLease available;

    LeaseRecovery(String machine, Attachment attachment, GuestControl control) {
        this.machine = machine;
        this.attachment = attachment;
        this.control = control;
        control.onOperation(this::operationChanged);
    }

    /** A lease that was lost can be acquired again. */
    void available(HeldLease lease) {
        control.locked(() -> {
            if (attachment.mayRecover(lease)) {
                LOG.info("{}: the lease on its devices' resources can be acquired again", machine);
                available = lease;
                recoverIfIdle();
            }
        });
    }

    private void recoverIfIdle() {
        HeldLease lease = available;
        if (lease != null && control.operation().isEmpty()) {
            available = null;
            if (attachment.mayRecover(lease)) {
                control.recover();
            }
        }
    }

    /** Recovers on a thread of its own, since that calls devices. */
    private void operationChanged() {
        if (available != null && control.operation().isEmpty()) {
            try {
                HostThreads.start(machine + " recovers", () -> control.locked(this::recoverIfIdle));
            } catch (MachineException e) {
                LOG.warn("{}: {}", machine, e.getMessage());
            }
        }
    }
}
