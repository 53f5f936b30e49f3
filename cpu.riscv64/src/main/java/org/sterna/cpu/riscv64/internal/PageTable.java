package org.sterna.cpu.riscv64.internal;

import org.sterna.machine.memory.GuestMemory;

/**
 * Translates guest-virtual addresses by walking the guest's Sv39 page table, and sets accessed and dirty bits
 * ("The RISC-V Instruction Set Manual", volume II, section 12.3.2).
 */
final class PageTable {
    static final long SV39 = 8L << 60;
    private static final long MODE = 15L << 60;
    private static final long ROOT = (1L << 44) - 1;

    private static final int VALID = 1;
    private static final int READ = 2;
    private static final int WRITE = 4;
    private static final int EXECUTE = 8;
    private static final int USER = 16;
    private static final int ACCESSED = 64;
    private static final int DIRTY = 128;
    /** Bits of extensions that do not exist here (Svnapot, Svpbmt) and reserved bits. */
    private static final long RESERVED = -1L << 54;

    private final Core core;
    private final GuestMemory memory;
    private final long hostBase;
    private long span;

    PageTable(Core core, GuestMemory memory) {
        this.core = core;
        this.memory = memory;
        this.hostBase = memory.segment().address() - memory.base();
    }

    /** The size of the page that the last translation found. */
    long span() {
        return span;
    }

    /**
     * The guest-physical address of a guest-virtual address.
     *
     * @param access one of the three of {@link Pmp}
     * @param mode   the mode whose rights count
     * @throws Trap a page fault or access fault
     */
    long translate(long virtual, int access, int mode) {
        long physical = virtual;
        span = 4096;
        if (mode != Privilege.MACHINE && (core.satp & MODE) == SV39) {
            physical = walk(virtual, access, mode);
        }
        if (!core.pmp.allows(physical, access, mode)) {
            throw accessFault(virtual, access);
        }
        return physical;
    }

    private long walk(long virtual, int access, int mode) {
        if (virtual << 25 >> 25 != virtual) {
            throw pageFault(virtual, access);
        }
        long table = (core.satp & ROOT) << 12;
        int shift = 30;
        while (true) {
            long address = table + (virtual >>> shift & 511) * 8;
            if (!memory.contains(address, 8) || !core.pmp.allows(address, Pmp.READ, Privilege.SUPERVISOR)) {
                throw accessFault(virtual, access);
            }
            long entry = HostMemory.getLongVolatile(hostBase + address);
            if ((entry & VALID) == 0 || (entry & (READ | WRITE)) == WRITE || (entry & RESERVED) != 0) {
                throw pageFault(virtual, access);
            }
            if ((entry & (READ | EXECUTE)) == 0) {
                if (shift == 12 || (entry & (USER | ACCESSED | DIRTY)) != 0) {
                    throw pageFault(virtual, access);
                }
                table = entry >>> 10 << 12;
                shift -= 9;
                continue;
            }
            long size = 1L << shift;
            long page = entry >>> 10 << 12;
            if (!permitted(entry, access, mode) || (page & size - 1) != 0) {
                throw pageFault(virtual, access);
            }
            long updated = entry | ACCESSED | (access == Pmp.WRITE ? DIRTY : 0);
            // Someone else may have changed the entry since it was read: then everything is looked at anew.
            if (updated == entry || update(virtual, access, address, entry, updated)) {
                span = size;
                return page | virtual & size - 1;
            }
        }
    }

    private boolean update(long virtual, int access, long address, long entry, long updated) {
        if (!core.pmp.allows(address, Pmp.WRITE, Privilege.SUPERVISOR)) {
            throw accessFault(virtual, access);
        }
        boolean done = HostMemory.compareAndSetLong(hostBase + address, entry, updated);
        memory.dirtyLog().mark(address, 8);
        return done;
    }

    private boolean permitted(long entry, int access, int mode) {
        boolean user = (entry & USER) != 0;
        if (mode == Privilege.USER ? !user
            : user && (access == Pmp.EXECUTE || (core.mstatus & Status.SUM) == 0)) {
            return false;
        }
        return switch (access) {
            case Pmp.READ -> (entry & READ) != 0 || (core.mstatus & Status.MXR) != 0 && (entry & EXECUTE) != 0;
            case Pmp.WRITE -> (entry & WRITE) != 0;
            default -> (entry & EXECUTE) != 0;
        };
    }

    Trap pageFault(long virtual, int access) {
        return core.trap.of(access == Pmp.READ ? Trap.LOAD_PAGE : access == Pmp.WRITE ? Trap.STORE_PAGE
            : Trap.FETCH_PAGE, virtual);
    }

    Trap accessFault(long virtual, int access) {
        return core.trap.of(access == Pmp.READ ? Trap.LOAD_ACCESS : access == Pmp.WRITE ? Trap.STORE_ACCESS
            : Trap.FETCH_ACCESS, virtual);
    }
}
