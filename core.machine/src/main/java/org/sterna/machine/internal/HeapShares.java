package org.sterna.machine.internal;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Half of the Java heap, of which each machine of this process has an equal share for what its guest makes it hold. So guests cannot
 * use up the heap, however many there are. Any thread.
 */
final class HeapShares {
    private final long total;
    private final Set<VirtualMachine> machines = ConcurrentHashMap.newKeySet();

    /** The shares of the machines of this process; none is there yet. */
    HeapShares() {
        this(Runtime.getRuntime().maxMemory() / 2);
    }

    /** The shares of other memory, for tests. */
    HeapShares(long total) {
        this.total = total;
    }

    /** What each machine may hold, in bytes. */
    long each() {
        return total / Math.max(1, machines.size());
    }

    /** One more has a share: the others give back what they hold beyond their smaller ones. */
    void add(VirtualMachine machine) {
        machines.add(machine);
        for (VirtualMachine other : machines) {
            if (other.hostMemory().used() > other.hostMemory().limit()) {
                other.dropCaches();
            }
        }
    }

    /** It has been closed. */
    void remove(VirtualMachine machine) {
        machines.remove(machine);
    }

    /** The heap is used up, whoever by: every machine gives back what it can do without. */
    void exhausted() {
        machines.forEach(VirtualMachine::dropCaches);
    }

    /** Whether something was thrown because there was no memory. */
    static boolean lacksMemory(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError) {
                return true;
            }
        }
        return false;
    }
}
