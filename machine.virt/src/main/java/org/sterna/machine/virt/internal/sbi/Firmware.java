package org.sterna.machine.virt.internal.sbi;

import java.util.Set;

/**
 * What the built-in firmware is, as the guest sees it.
 *
 * @param specification  the major version of the SBI that it says it implements
 * @param implementation the number by which it says which firmware it is
 * @param version        the version that it says it has
 * @param extensions     what it offers besides the base extension
 */
public record Firmware(int specification, long implementation, long version, Set<StandardExtension> extensions) {
    /** Not one of the registered numbers, which belong to other firmware: "STNA". */
    public static final long STERNA = 0x5354_4e41;

    /** Copies the set. */
    public Firmware {
        extensions = Set.copyOf(extensions);
    }
}
