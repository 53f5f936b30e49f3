package org.sterna.device.pvclock.internal;

import java.lang.invoke.VarHandle;
import org.sterna.machine.memory.GuestMemory;

/**
 * Writes KVM's two structures of time into guest memory. Each begins with a version that is odd while the rest is being
 * changed; a guest reads until it has seen the same even version before and after. What is not wholly in RAM at a
 * multiple of four is not written.
 */
final class TimePage {
    /** The flag that time is monotonic across processors. */
    static final int TSC_STABLE = 1;
    /** The flag that the guest was paused, which the guest clears. */
    static final int GUEST_STOPPED = 2;
    /** The size of {@code pvclock_vcpu_time_info}. */
    static final int TIME_BYTES = 32;
    /** The size of {@code pvclock_wall_clock}. */
    static final int WALL_BYTES = 12;

    private static final int TICKS = 8;
    private static final int SYSTEM_TIME = 16;
    private static final int MUL = 24;
    private static final int SHIFT = 28;
    private static final int FLAGS = 29;

    private final GuestMemory memory;

    TimePage(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Writes {@code pvclock_vcpu_time_info}.
     *
     * @param ticks  a value of the time counter
     * @param nanos  system time then
     * @param flags  the flags; GUEST_STOPPED stays if the guest has not cleared it
     */
    void writeTime(long address, long ticks, long nanos, TimeScale scale, int flags) {
        if (!writable(address, TIME_BYTES)) {
            return;
        }
        int version = begin(address);
        memory.putLong(address + TICKS, ticks);
        memory.putLong(address + SYSTEM_TIME, nanos);
        memory.putInt(address + MUL, scale.mul());
        memory.putByte(address + SHIFT, scale.shift());
        memory.putByte(address + FLAGS, (byte) (flags | memory.getByte(address + FLAGS) & GUEST_STOPPED));
        end(address, version);
    }

    /**
     * Writes {@code pvclock_wall_clock}.
     *
     * @param nanos the wall clock when system time was 0, in nanoseconds since 1970-01-01T00:00:00Z
     */
    void writeWallClock(long address, long nanos) {
        if (!writable(address, WALL_BYTES)) {
            return;
        }
        int version = begin(address);
        memory.putInt(address + 4, (int) Math.floorDiv(nanos, TimeScale.NANOS));
        memory.putInt(address + 8, (int) Math.floorMod(nanos, TimeScale.NANOS));
        end(address, version);
    }

    private boolean writable(long address, int length) {
        return (address & 3) == 0 && memory.contains(address, length);
    }

    private int begin(long address) {
        int version = memory.getInt(address) + 1 | 1;
        memory.putInt(address, version);
        VarHandle.storeStoreFence();
        return version;
    }

    private void end(long address, int version) {
        VarHandle.storeStoreFence();
        memory.putInt(address, version + 1);
    }
}
