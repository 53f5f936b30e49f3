package org.sterna.cpu.riscv64.internal;

import java.util.Arrays;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;

/**
 * Where a hart gets its instructions from: pre-decoded pages, found by virtual address through a TLB of each mode, and
 * behind it by physical address, so that they survive changes of the address space. Only RAM can be executed.
 */
final class FetchPort {
    private static final int ENTRIES = 256;

    private final Core core;
    private final PageTable table;
    private final GuestMemory memory;
    private final long hostBase;
    private final Set[] sets = {new Set(), new Set(), null, new Set()};
    private final CodeCache pages;
    private Set set;
    private int epoch;

    /** The TLB of one mode. */
    private static final class Set {
        private final long[] tags = new long[ENTRIES];
        private final CodePage[] pages = new CodePage[ENTRIES];
        private boolean used = true;

        private void flush() {
            if (used) {
                Arrays.fill(tags, -1);
                Arrays.fill(pages, null);
                used = false;
            }
        }
    }

    FetchPort(Core core, PageTable table, GuestMemory memory, Decoder decoder, HostMemoryAccount hostMemory) {
        this.core = core;
        this.table = table;
        this.memory = memory;
        this.pages = new CodeCache(hostMemory, decoder, this::flush);
        this.hostBase = memory.segment().address() - memory.base();
        flush();
        select();
    }

    /** Follows a change of the mode. */
    void select() {
        set = sets[core.mode];
    }

    /**
     * The page of the instruction at a virtual address.
     *
     * @throws Trap if nothing can be executed there
     * @throws org.sterna.machine.memory.HostMemoryException if the host has no memory to decode it
     */
    CodePage page(long address) {
        int index = (int) (address >>> 12) & ENTRIES - 1;
        Set current = set;
        return current.tags[index] == (address & -4096) ? current.pages[index] : fill(address, index);
    }

    private CodePage fill(long address, int index) {
        long physical = table.translate(address, Pmp.EXECUTE, core.mode) & -4096;
        if (!memory.contains(physical, 4096)) {
            throw table.accessFault(address, Pmp.EXECUTE);
        }
        CodePage page = pages.page(physical, hostBase + physical, epoch);
        set.tags[index] = address & -4096;
        set.pages[index] = page;
        set.used = true;
        return page;
    }

    /** Forgets all translations of addresses, but no pages. */
    void flush() {
        for (Set each : sets) {
            if (each != null) {
                each.flush();
            }
        }
    }

    /** Drops all pages. */
    void dropPages() {
        pages.clear();
    }

    /** Makes sure that what is executed from now on is what memory holds. */
    void synchronise() {
        epoch++;
        flush();
    }
}
