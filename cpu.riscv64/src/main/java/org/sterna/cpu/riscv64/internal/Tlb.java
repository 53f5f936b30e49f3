package org.sterna.cpu.riscv64.internal;

import java.util.Arrays;

/**
 * A direct-mapped cache of translations from guest-virtual pages to host addresses, for one kind of access in one
 * mode. Each entry is a pair of the page's virtual address and what to add to a virtual address to get the host
 * address. Only pages of RAM to which the access is allowed have entries.
 */
final class Tlb {
    /** Selects the position of an entry's pair from {@code address >>> 11}. */
    static final int INDEX_MASK = 1022;
    static final long PAGE_MASK = -4096L;
    /** No address looks like this after it has been masked with {@link #PAGE_MASK} and an alignment. */
    private static final long EMPTY = -1L;

    final long[] entries = new long[INDEX_MASK + 2];
    private boolean used = true;
    /** The range of addresses of all superpages that have entries, unsigned. */
    private long superFirst;
    private long superLast;

    Tlb() {
        flush();
    }

    static int index(long address) {
        return (int) (address >>> 11) & INDEX_MASK;
    }

    /** Adds a translation. {@code span} is the size of the page that the guest's table has for the address. */
    void fill(long address, long host, long span) {
        int index = index(address);
        entries[index] = address & PAGE_MASK;
        entries[index + 1] = host - address;
        used = true;
        if (span > 4096) {
            long first = address & -span;
            long last = first + span - 1;
            superFirst = Long.compareUnsigned(first, superFirst) < 0 ? first : superFirst;
            superLast = Long.compareUnsigned(last, superLast) > 0 ? last : superLast;
        }
    }

    /** Forgets everything. */
    void flush() {
        if (used) {
            Arrays.fill(entries, EMPTY);
            superFirst = -1;
            superLast = 0;
            used = false;
        }
    }

    /** Forgets the translation of one address; of its whole superpage, if it may lie in one. */
    void flush(long address) {
        if (Long.compareUnsigned(address, superFirst) >= 0 && Long.compareUnsigned(address, superLast) <= 0) {
            flush();
        } else {
            entries[index(address)] = EMPTY;
        }
    }
}
