package org.sterna.cpu.riscv64.internal;

import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.MmioBus;

/** How a hart sees memory: its page table, and the two ports that it fetches instructions and moves data through. */
final class Mmu {
    final DataPort data;
    final FetchPort fetch;

    Mmu(Core core, GuestMemory memory, MmioBus bus, Decoder decoder, HostMemoryAccount hostMemory) {
        var table = new PageTable(core, memory);
        data = new DataPort(core, table, memory, bus);
        fetch = new FetchPort(core, table, memory, decoder, hostMemory);
    }

    /** Follows a change of the mode or of {@code mstatus}. */
    void select() {
        data.select();
        fetch.select();
    }

    /** Forgets all translations of addresses. */
    void flush() {
        data.flush();
        fetch.flush();
    }

    /** Forgets the translations of one address. */
    void flush(long address) {
        data.flush(address);
        fetch.flush();
    }
}
