package org.sterna.launcher.internal.command;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.memory.GuestMemory;

/**
 * The guest that measures how long it is kept from going on, guest.drill/watch/watch.S: it is asked and answers through its
 * memory, and spends its time on reading a register of each device, so that it meets whoever holds a device up.
 */
final class WatchGuest {
    /** Its image among those of the installation. */
    static final String IMAGE = "watch.img";
    /** The frequency in Hz that its time counter must have. */
    static final long TIMEBASE = 10_000_000;
    private static final long RECORD = 0x20_1000;
    private static final long ANSWERED = 8;
    private static final long LONGEST = 16;
    private static final long POLL_NS = 20_000;
    private static final long PATIENCE_S = 10;

    private final GuestMemory memory;
    private final long record;
    private long question;

    /** The guest of a machine that runs it. */
    WatchGuest(Machine machine) {
        memory = machine.memory();
        record = memory.base() + RECORD;
    }

    /** The longest time between two readings of its time counter since the last call, or since it was booted, in ns. */
    long longestGap() throws InterruptedException {
        memory.putLong(record, ++question);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (memory.getLong(record + ANSWERED) != question) {
            if (System.nanoTime() > end) {
                throw MachineException.failed("guest", "", "it has not answered within " + PATIENCE_S + " s", "");
            }
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            LockSupport.parkNanos(POLL_NS);
        }
        return memory.getLong(record + LONGEST) * (TimeUnit.SECONDS.toNanos(1) / TIMEBASE);
    }
}
