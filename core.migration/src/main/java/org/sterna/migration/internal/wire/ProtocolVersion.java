package org.sterna.migration.internal.wire;

import java.util.Comparator;

/**
 * A version of the protocol.
 *
 * @param major 0 to 65535
 * @param minor 0 to 65535
 */
public record ProtocolVersion(int major, int minor) implements Comparable<ProtocolVersion> {
    /** What this implementation speaks. */
    public static final ProtocolVersion CURRENT = new ProtocolVersion(1, 0);

    private static final Comparator<ProtocolVersion> ORDER =
        Comparator.comparingInt(ProtocolVersion::major).thenComparingInt(ProtocolVersion::minor);

    @Override
    public int compareTo(ProtocolVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
