package org.sterna.machine.memory;

/** A guest-physical range that is not RAM: a driver's mistake, which a device reports to its driver. */
public final class GuestAddressException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** An exception about a range. */
    public GuestAddressException(long address, long length) {
        super("not in guest memory: address 0x" + Long.toHexString(address) + ", length " + length, null, false, false);
    }
}
