package org.sterna.machine.abi;

import java.util.Comparator;

/**
 * The version of one type's guest ABI. The minor number moves when something guest-visible is added, the major number
 * when something guest-visible is changed. It has nothing to do with a bundle's version or with a state version.
 *
 * @param major 1 to 9999
 * @param minor 0 to 9999
 */
public record AbiVersion(int major, int minor) implements Comparable<AbiVersion> {
    private static final Comparator<AbiVersion> ORDER =
        Comparator.comparingInt(AbiVersion::major).thenComparingInt(AbiVersion::minor);

    /** Checks the ranges. */
    public AbiVersion {
        if (major < 1 || major > 9999 || minor < 0 || minor > 9999) {
            throw new IllegalArgumentException("not an ABI version: " + major + "." + minor);
        }
    }

    /**
     * Reads {@code major.minor}.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    public static AbiVersion parse(String text) {
        if (!text.matches("[1-9][0-9]{0,3}\\.(0|[1-9][0-9]{0,3})")) {
            throw new IllegalArgumentException("not an ABI version (major.minor): '" + text + "'");
        }
        int dot = text.indexOf('.');
        return new AbiVersion(Integer.parseInt(text.substring(0, dot)), Integer.parseInt(text.substring(dot + 1)));
    }

    /** Whether an implementation of this version can offer a guest the given version. */
    public boolean offers(AbiVersion wanted) {
        return major == wanted.major && minor >= wanted.minor;
    }

    @Override
    public int compareTo(AbiVersion other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
