package org.sterna.testkit.probe;

import java.util.ArrayList;
import java.util.List;

/**
 * One way to reach a register.
 *
 * @param offset from the start of the device's window in bytes
 * @param size   the width in bytes: 1, 2, 4 or 8
 */
record Access(long offset, int size) {
    /** Every aligned access inside a window. */
    static List<Access> allIn(long windowBytes) {
        var all = new ArrayList<Access>();
        for (long offset = 0; offset < windowBytes; offset++) {
            for (int size = 1; size <= 8; size *= 2) {
                if (offset % size == 0 && offset + size <= windowBytes) {
                    all.add(new Access(offset, size));
                }
            }
        }
        return List.copyOf(all);
    }

    /** A value with a one in every bit. */
    long ones() {
        return -1L >>> 64 - 8 * size;
    }

    /** A value that was read, with all its digits. */
    String text(long value) {
        return hex(value, size);
    }

    static String hex(long value, int bytes) {
        return String.format("%0" + 2 * bytes + "x", value);
    }

    @Override
    public String toString() {
        return String.format("0x%03x/%d", offset, size);
    }
}
