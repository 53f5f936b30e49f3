package org.sterna.cpu.riscv64.internal;

import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.processor.ProcessorNode;

/**
 * What a hart is, as the guest sees it.
 *
 * @param extensions what it has besides RV64I, Zicsr and its privilege modes
 * @param counters   the counters that code may read: {@code cycle}, {@code time} and {@code instret}
 * @param sv39       whether there is address translation
 * @param pmpEntries the entries of physical memory protection: 0, 16 or 64
 * @param identity   what it says it is
 */
record HartModel(Extensions extensions, Counters counters, boolean sv39, int pmpEntries, Identity identity) {
    /** The hart of ABI 1.0. */
    static final HartModel FIRST =
        new HartModel(Extensions.ALL, Counters.SILENT, true, 16, new Identity(0, 0, 0));

    /** Extensions of the instruction set that a hart may do without. */
    record Extensions(boolean m, boolean a, boolean c, boolean zifencei) {
        static final Extensions ALL = new Extensions(true, true, true, true);
    }

    /** Whether the counters are there, and whether the instruction set that is announced says so (Zicntr). */
    enum Counters {
        ABSENT, SILENT, ANNOUNCED
    }

    /** The registers of the same names. */
    record Identity(long mvendorid, long marchid, long mimpid) {
    }

    /** The address bits that are 0 in the address of every instruction. */
    long alignment() {
        return extensions.c() ? 1 : 3;
    }

    /** The value of {@code misa}: RV64 with S- and U-mode and the extensions that have a letter. */
    long misa() {
        return 2L << 62 | bit('I') | bit('S') | bit('U') | (extensions.m() ? bit('M') : 0)
            | (extensions.a() ? bit('A') : 0) | (extensions.c() ? bit('C') : 0);
    }

    private static long bit(char extension) {
        return 1L << extension - 'A';
    }

    /** The bits of {@code mcounteren} and {@code scounteren} that exist. */
    long counterBits() {
        return counters == Counters.ABSENT ? 0 : CsrFile.COUNTERS;
    }

    /** All that is announced, in the canonical order of the manual. */
    private List<String> announced() {
        var names = new ArrayList<String>();
        names.add("i");
        add(names, extensions.m(), "m");
        add(names, extensions.a(), "a");
        add(names, extensions.c(), "c");
        add(names, counters == Counters.ANNOUNCED, "zicntr");
        names.add("zicsr");
        add(names, extensions.zifencei(), "zifencei");
        return names;
    }

    private static void add(List<String> names, boolean has, String name) {
        if (has) {
            names.add(name);
        }
    }

    /** How a device tree announces it (Linux, bindings/riscv/cpus.yaml and extensions.yaml). */
    ProcessorNode node() {
        var names = announced();
        var isa = new StringBuilder("rv64");
        names.forEach(name -> isa.append(name.length() > 1 ? "_" : "").append(name));
        return ProcessorNode.of("riscv").with("riscv,isa", isa.toString()).with("riscv,isa-base", "rv64i")
            .with("riscv,isa-extensions", names.toArray(String[]::new))
            .with("mmu-type", sv39 ? "riscv,sv39" : "riscv,none");
    }

    /**
     * Refuses a state that such a hart cannot be in.
     *
     * @throws IllegalArgumentException with a message that begins with the field
     */
    void check(HartState state) {
        require(state.pmp().size() == pmpEntries, "pmp", "has " + state.pmp().size() + " entries, the hart has " + pmpEntries);
        require((state.pc() & alignment()) == 0, "pc", "is not the address of an instruction on a hart without C");
        require((state.machine().mepc() & alignment()) == 0, "mepc", "is no such address either");
        require((state.supervisor().sepc() & alignment()) == 0, "sepc", "is no such address either");
        require((state.machine().mcounteren() & ~counterBits()) == 0, "mcounteren", "enables counters that the hart lacks");
        require((state.supervisor().scounteren() & ~counterBits()) == 0, "scounteren",
            "enables counters that the hart lacks");
        require(sv39 || state.supervisor().satp() >>> 60 == 0, "satp", "translates addresses, which the hart cannot");
    }

    private static void require(boolean condition, String field, String message) {
        if (!condition) {
            throw new IllegalArgumentException(field + ": " + message);
        }
    }
}
