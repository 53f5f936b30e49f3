package org.sterna.cpu.riscv64.internal;

import java.util.Arrays;

/**
 * Physical memory protection ("The RISC-V Instruction Set Manual", volume II, section 3.7) with a
 * granularity of 4 KiB, so that a page is allowed or denied as a whole and a check is needed only when a page is
 * translated.
 */
final class Pmp {
    static final int READ = 1;
    static final int WRITE = 2;
    static final int EXECUTE = 4;

    private static final int MODE = 0x18;
    private static final int TOR = 0x08;
    private static final int NA4 = 0x10;
    private static final int NAPOT = 0x18;
    private static final int LOCKED = 0x80;
    private static final int EXISTING = LOCKED | MODE | READ | WRITE | EXECUTE;
    private static final long ADDRESS_BITS = (1L << 54) - 1;
    /** The address bits below the granularity of 4 KiB = 2^(10+2). */
    private static final long FINE = (1 << 10) - 1;

    private final int[] configuration;
    private final long[] address;

    /**
     * Nothing is configured.
     *
     * @param entries how many entries there are: 0, 16 or 64
     */
    Pmp(int entries) {
        configuration = new int[entries];
        address = new long[entries];
    }

    int entries() {
        return address.length;
    }

    void reset() {
        Arrays.fill(configuration, 0);
        Arrays.fill(address, 0);
    }

    /** Lets every mode do everything, as firmware does that protects nothing. */
    void allowAll() {
        reset();
        if (entries() == 0) {
            return;
        }
        configuration[0] = NAPOT | READ | WRITE | EXECUTE;
        address[0] = ADDRESS_BITS;
    }

    /** Eight entries' configurations from an even {@code pmpcfg} register. */
    long readConfiguration(int register) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value |= (long) configuration[register * 4 + i] << 8 * i;
        }
        return value;
    }

    void writeConfiguration(int register, long value) {
        for (int i = 0; i < 8; i++) {
            int entry = register * 4 + i;
            int wanted = (int) (value >>> 8 * i) & EXISTING;
            boolean reserved = (wanted & (READ | WRITE)) == WRITE;
            if ((configuration[entry] & LOCKED) == 0 && !reserved) {
                // NA4 does not exist at this granularity; the mode then stays what it was.
                configuration[entry] = (wanted & MODE) == NA4
                    ? wanted & ~MODE | configuration[entry] & MODE : wanted;
            }
        }
    }

    long readAddress(int entry) {
        return (configuration[entry] & MODE) == NAPOT ? address[entry] | FINE >>> 1 : address[entry] & ~FINE;
    }

    void writeAddress(int entry, long value) {
        boolean bound = entry + 1 < entries() && (configuration[entry + 1] & (LOCKED | MODE)) == (LOCKED | TOR);
        if ((configuration[entry] & LOCKED) == 0 && !bound) {
            address[entry] = value & ADDRESS_BITS;
        }
    }

    /** The raw contents, for the state. */
    long configurationOf(int entry) {
        return configuration[entry];
    }

    long addressOf(int entry) {
        return address[entry];
    }

    /** Whether raw contents can be restored. */
    static boolean valid(long rawConfiguration, long rawAddress) {
        return (rawConfiguration & ~EXISTING) == 0 && (rawConfiguration & MODE) != NA4
            && (rawConfiguration & (READ | WRITE)) != WRITE && (rawAddress & ~ADDRESS_BITS) == 0;
    }

    void restore(int entry, long rawConfiguration, long rawAddress) {
        configuration[entry] = (int) rawConfiguration;
        address[entry] = rawAddress;
    }

    /** Whether a mode may access the page of a guest-physical address. */
    boolean allows(long physical, int access, int mode) {
        long page = physical >>> 12;
        for (int i = 0; i < configuration.length; i++) {
            if ((configuration[i] & MODE) != 0 && matches(i, page)) {
                boolean binding = mode != Privilege.MACHINE || (configuration[i] & LOCKED) != 0;
                return !binding || (configuration[i] & access) != 0;
            }
        }
        return mode == Privilege.MACHINE || configuration.length == 0;
    }

    private boolean matches(int entry, long page) {
        if ((configuration[entry] & MODE) == TOR) {
            long first = entry == 0 ? 0 : address[entry - 1] >>> 10;
            return page >= first && page < address[entry] >>> 10;
        }
        long value = address[entry] | FINE >>> 1;
        // The lowest zero bit tells the size: everything up to and including it is inside the range.
        long inside = value ^ value + 1;
        return ((page << 10 ^ value) & ~inside & ~FINE) == 0;
    }
}
