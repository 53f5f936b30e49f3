package org.sterna.device.pvclock.internal;

/**
 * A 64-bit register that can also be accessed in 32-bit halves: the value takes effect with the upper half. A lower
 * half that waits for its upper half does not survive a migration.
 */
final class AddressRegister {
    private long value;
    private long low;

    long value() {
        return value;
    }

    void set(long newValue) {
        value = newValue;
        low = newValue & 0xffff_ffffL;
    }

    /** A load at an offset into the register, of 4 or 8 bytes. */
    long read(int offset, int size) {
        return size == 8 ? value : value >>> 8 * offset & 0xffff_ffffL;
    }

    /**
     * A store at an offset into the register.
     *
     * @return whether the value took effect
     */
    boolean write(int offset, int size, long stored) {
        if (size == 8) {
            set(stored);
        } else if (offset == 0) {
            low = stored & 0xffff_ffffL;
            return false;
        } else {
            set(stored << 32 | low);
        }
        return true;
    }
}
