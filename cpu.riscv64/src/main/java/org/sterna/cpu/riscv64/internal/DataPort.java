package org.sterna.cpu.riscv64.internal;

import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;

/**
 * The loads and stores of a hart that its TLBs do not serve by themselves: translation, first writes to a page,
 * misaligned accesses and MMIO. The {@link Interpreter} looks into the TLBs before it asks here.
 */
final class DataPort {
    /** U-mode, S-mode, S-mode with access to U-mode's pages, M-mode. */
    private static final int SETS = 4;

    private final Core core;
    private final PageTable table;
    private final GuestMemory memory;
    private final MmioBus bus;
    private final long hostBase;
    private final Tlb[] loadSets = new Tlb[SETS];
    private final Tlb[] storeSets = new Tlb[SETS];
    /** The mode whose rights loads and stores have. */
    private int mode;
    private Tlb loads;
    private Tlb stores;

    DataPort(Core core, PageTable table, GuestMemory memory, MmioBus bus) {
        this.core = core;
        this.table = table;
        this.memory = memory;
        this.bus = bus;
        this.hostBase = memory.segment().address() - memory.base();
        for (int i = 0; i < SETS; i++) {
            loadSets[i] = new Tlb();
            storeSets[i] = new Tlb();
        }
        select();
    }

    /** Follows a change of the mode or of {@code mstatus}. */
    void select() {
        mode = core.mode == Privilege.MACHINE && (core.mstatus & Status.MPRV) != 0
            ? (int) (core.mstatus >>> Status.MPP_SHIFT) & 3 : core.mode;
        int set = mode == Privilege.SUPERVISOR && (core.mstatus & Status.SUM) != 0 ? 2 : mode;
        loads = loadSets[set];
        stores = storeSets[set];
    }

    long[] loads() {
        return loads.entries;
    }

    long[] stores() {
        return stores.entries;
    }

    /** Forgets all translations. */
    void flush() {
        for (int i = 0; i < SETS; i++) {
            loadSets[i].flush();
            storeSets[i].flush();
        }
    }

    /** Forgets the translation of one address. */
    void flush(long address) {
        for (int i = 0; i < SETS; i++) {
            loadSets[i].flush(address);
            storeSets[i].flush(address);
        }
    }

    /** Forgets which pages are marked in the dirty log. */
    void flushStores() {
        for (Tlb set : storeSets) {
            set.flush();
        }
    }

    /** A load of 1, 2, 4 or 8 bytes, zero-extended. */
    long load(long address, int size) {
        if ((address & 4095) + size > 4096) {
            return loadAcross(address, size);
        }
        long physical = table.translate(address, Pmp.READ, mode);
        if (memory.contains(physical, size)) {
            long host = hostBase + physical;
            loads.fill(address, host, table.span());
            return HostMemory.get(host, size);
        }
        MmioBus.Region region = (physical & size - 1) == 0 ? bus.find(physical, size) : null;
        if (region == null) {
            throw table.accessFault(address, Pmp.READ);
        }
        return region.handler().read(physical - region.base(), size) & mask(size);
    }

    /** A store of the low 1, 2, 4 or 8 bytes of a value. */
    void store(long address, int size, long value) {
        if ((address & 4095) + size > 4096) {
            storeAcross(address, size, value);
            return;
        }
        long physical = table.translate(address, Pmp.WRITE, mode);
        if (memory.contains(physical, size)) {
            HostMemory.put(writable(address, physical), size, value);
            return;
        }
        MmioBus.Region region = (physical & size - 1) == 0 ? bus.find(physical, size) : null;
        if (region == null) {
            throw table.accessFault(address, Pmp.WRITE);
        }
        region.handler().write(physical - region.base(), size, value & mask(size));
    }

    /** The host address for an atomic access to guest memory, which must be aligned. */
    long atomic(long address, int size, int access) {
        boolean write = access == Pmp.WRITE;
        if ((address & size - 1) != 0) {
            throw core.trap.of(write ? Trap.STORE_MISALIGNED : Trap.LOAD_MISALIGNED, address);
        }
        long[] entries = (write ? stores : loads).entries;
        int index = Tlb.index(address);
        if (entries[index] == (address & Tlb.PAGE_MASK)) {
            return address + entries[index + 1];
        }
        long physical = table.translate(address, access, mode);
        if (!memory.contains(physical, size)) {
            throw table.accessFault(address, access);
        }
        if (write) {
            return writable(address, physical);
        }
        loads.fill(address, hostBase + physical, table.span());
        return hostBase + physical;
    }

    /** The guest-physical address of a host address in guest memory. */
    long physical(long host) {
        return host - hostBase;
    }

    /** Prepares writes to a page. It is marked before the TLB lets further writes pass without a mark. */
    private long writable(long address, long physical) {
        memory.dirtyLog().mark(physical, 1);
        stores.fill(address, hostBase + physical, table.span());
        return hostBase + physical;
    }

    private long loadAcross(long address, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            requireMemory(address, i, 1, Pmp.READ);
            value |= load(address + i, 1) << 8 * i;
        }
        return value;
    }

    private void storeAcross(long address, int size, long value) {
        // Both pages are looked at before either is written, so that a fault leaves memory as it was.
        requireMemory(address, 0, 1, Pmp.WRITE);
        requireMemory(address, size - 1, 1, Pmp.WRITE);
        for (int i = 0; i < size; i++) {
            store(address + i, 1, value >>> 8 * i);
        }
    }

    private void requireMemory(long address, int offset, int size, int access) {
        if (!memory.contains(table.translate(address + offset, access, mode), size)) {
            throw table.accessFault(address + offset, access);
        }
    }

    private static long mask(int size) {
        return -1L >>> 64 - 8 * size;
    }
}
