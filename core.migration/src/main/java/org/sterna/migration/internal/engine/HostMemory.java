package org.sterna.migration.internal.engine;

import java.lang.management.ManagementFactory;
import java.util.Locale;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How much memory this host has. */
final class HostMemory {
    private static final Logger LOG = LoggerFactory.getLogger(HostMemory.class);

    private HostMemory() {
    }

    /** The physical memory in bytes, or less if this process's container (cgroup) may use less; all there can be if nobody says. */
    static long physical() {
        try {
            // By name, since a framework need not offer the package of its type.
            return (Long) ManagementFactory.getPlatformMBeanServer()
                .getAttribute(new ObjectName(ManagementFactory.OPERATING_SYSTEM_MXBEAN_NAME), "TotalMemorySize");
        } catch (JMException | ClassCastException e) {
            LOG.warn("this Java VM does not say how much memory the host has, so the memory of guests is not limited by it", e);
            return Long.MAX_VALUE;
        }
    }

    /** A number of bytes for people. */
    static String text(long bytes) {
        for (int shift = 40; shift > 0; shift -= 10) {
            if (bytes >= 1L << shift) {
                String number = bytes % (1L << shift) == 0 ? Long.toString(bytes >> shift)
                    : String.format(Locale.ROOT, "%.1f", (double) bytes / (1L << shift));
                return number + " " + "KMGT".charAt(shift / 10 - 1) + "iB";
            }
        }
        return bytes + " bytes";
    }
}
