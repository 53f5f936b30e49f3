package org.sterna.migration.internal.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How much memory this host has. */
final class HostMemory {
    private static final Logger LOG = LoggerFactory.getLogger(HostMemory.class);
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable: +(\\d+) kB");

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

    /**
     * The memory in bytes that could be used now: what nothing on this host uses, and what the system would give back for it, such as
     * copies of files. All there can be if the system does not say.
     */
    static long available() {
        try (Stream<String> lines = Files.lines(MEMINFO)) {
            return lines.map(AVAILABLE::matcher).filter(Matcher::matches).findFirst()
                .map(found -> Long.parseLong(found.group(1)) << 10).orElse(Long.MAX_VALUE);
        } catch (IOException | UncheckedIOException e) {
            // Other systems than Linux.
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
