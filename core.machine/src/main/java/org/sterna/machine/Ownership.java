package org.sterna.machine;

/**
 * Who may let the guest of a machine run. There is one answer for every caller: the machine asks itself before each start of its
 * processors.
 */
public enum Ownership {
    /** This machine. */
    LOCAL,
    /** Still the source of a migration, or the file that is being restored: the guest is arriving here. */
    ARRIVING,
    /**
     * Nobody for now: the host resources have been given back, so that another process can take them. A migration that has done so
     * takes them back if it fails before its commit.
     */
    RELEASED,
    /**
     * Perhaps the destination of a migration: it was told to take the guest over and has not confirmed it. Only the operator's
     * word brings the guest back, see {@link Machine#reclaim()}.
     */
    UNCONFIRMED,
    /**
     * The destination of a migration: it has confirmed that it has taken the guest over. As long as the machine has not been closed,
     * the operator's word can bring the guest back here too, if the destination has failed since.
     */
    DEPARTED,
    /** Perhaps another host: the {@linkplain org.sterna.machine.lease lease} on the host resources was lost. */
    FENCED;

    /**
     * Whether the guest was handed over to the destination of a migration, so that it may run there.
     *
     * @since 1.4
     */
    public boolean isHandedOver() {
        return this == UNCONFIRMED || this == DEPARTED;
    }
}
