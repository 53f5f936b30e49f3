package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.processor.ProcessorNode;

/** What the properties of ABI 1.1 do, and that the hart of ABI 1.0 is what it was. */
class HartModelTest {
    private static final int MUL = Asm.r(0x33, 0, 1, Asm.A0, Asm.A1, Asm.A2);
    private static final int MULW = Asm.r(0x3b, 0, 1, Asm.A0, Asm.A1, Asm.A2);
    private static final int LR = Asm.amo(2, 3, Asm.A0, Asm.A1, 0);
    private static final int AMOADD = Asm.amo(0, 3, Asm.A0, Asm.A1, Asm.A2);
    /** {@code c.li a0, 1} and {@code c.nop}. */
    private static final int SHORT = 0x0001_4505;

    private static HartModel model(String abi, Map<String, String> given) {
        var configuration = Configuration.ofUser(new Riscv64().model(), AbiVersion.parse(abi), given,
            (property, complaint) -> {
                throw new IllegalArgumentException(property.name() + ": " + complaint);
            });
        return Riscv64.model(configuration::get);
    }

    private static Guest guest(String property, String value) {
        return new Guest(null, model("1.1", Map.of(property, value)));
    }

    @Test
    void underTheFirstAbiTheHartIsWhatItWas() {
        assertEquals(HartModel.FIRST, model("1.0", Map.of()));
        assertEquals(HartModel.FIRST, model("1.1", Map.of("zicntr", "silent")), "all that a guest notices");
        assertEquals(0x8000_0000_0014_1105L, HartModel.FIRST.misa());
        assertEquals(ProcessorNode.of("riscv").with("riscv,isa", "rv64imac_zicsr_zifencei").with("riscv,isa-base", "rv64i")
            .with("riscv,isa-extensions", "i", "m", "a", "c", "zicsr", "zifencei").with("mmu-type", "riscv,sv39"),
            HartModel.FIRST.node());
        assertEquals(List.of("riscv,isa", "riscv,isa-base", "riscv,isa-extensions", "mmu-type"),
            List.copyOf(HartModel.FIRST.node().strings().keySet()), "in this order");
    }

    @ParameterizedTest
    @CsvSource({"m, off, rv64iac_zicntr_zicsr_zifencei", "a, off, rv64imc_zicntr_zicsr_zifencei",
        "c, off, rv64ima_zicntr_zicsr_zifencei", "zifencei, off, rv64imac_zicntr_zicsr",
        "zicntr, on, rv64imac_zicntr_zicsr_zifencei", "zicntr, silent, rv64imac_zicsr_zifencei",
        "zicntr, off, rv64imac_zicsr_zifencei"})
    void theDeviceTreeSaysWhatThereIs(String property, String value, String isa) {
        assertEquals(List.of(isa), model("1.1", Map.of(property, value)).node().strings().get("riscv,isa"));
    }

    @ParameterizedTest
    @CsvSource({"m, 12", "a, 0", "c, 2"})
    void misaSaysWhatThereIs(String property, int bit) {
        try (var guest = guest(property, "off")) {
            guest.run(Asm.csrrs(Asm.A0, Csr.MISA, 0));
            assertEquals(HartModel.FIRST.misa() & ~(1L << bit), guest.x(Asm.A0));
        }
    }

    private static void illegal(Guest guest, int instruction, long value) {
        guest.x(Asm.A1, Guest.DATA);
        guest.run(instruction);
        assertTrue(guest.trapped());
        assertEquals(Trap.ILLEGAL, guest.machine().mcause());
        assertEquals(Guest.CODE, guest.machine().mepc());
        assertEquals(value, guest.machine().mtval());
    }

    @Test
    void instructionsOfAnExtensionThatIsOffAreIllegal() {
        try (var guest = guest("m", "off")) {
            illegal(guest, MUL, MUL & 0xffff_ffffL);
            illegal(guest, MULW, MULW & 0xffff_ffffL);
        }
        try (var guest = guest("a", "off")) {
            illegal(guest, LR, LR & 0xffff_ffffL);
            illegal(guest, AMOADD, AMOADD & 0xffff_ffffL);
        }
        try (var guest = guest("zifencei", "off")) {
            illegal(guest, Asm.FENCE_I, Asm.FENCE_I);
        }
        try (var guest = guest("c", "off")) {
            illegal(guest, SHORT, SHORT & 0xffff);
        }
    }

    @Test
    void instructionsOfTheOtherExtensionsWork() {
        try (var guest = guest("m", "off")) {
            guest.x(Asm.A1, Guest.DATA);
            guest.run(SHORT, AMOADD, Asm.FENCE_I);
            assertFalse(guest.trapped());
        }
    }

    @ParameterizedTest
    @CsvSource({"0x006000ef, 0", "0xfffff0ef, 0", "0x00c50367, 6", "0x00058363, 6"})
    void withoutCAJumpToHalfAnInstructionTraps(String instruction, long distance) {
        int raw = Long.decode(instruction).intValue();
        try (var guest = guest("c", "off")) {
            guest.x(Asm.A0, Guest.CODE - 6);
            guest.x(Asm.RA, 77);
            guest.x(6, 77);
            guest.run(raw);
            assertTrue(guest.trapped());
            assertEquals(Trap.FETCH_MISALIGNED, guest.machine().mcause());
            assertEquals(Guest.CODE, guest.machine().mepc(), "the jump, not its target");
            long jump = distance != 0 ? distance : raw < 0 ? -2 : 6;
            assertEquals(Guest.CODE + jump, guest.machine().mtval());
            assertEquals(77, guest.x(Asm.RA), "nothing is linked");
            assertEquals(77, guest.x(6));
        }
    }

    @Test
    void withoutCJumpsToInstructionsWork() {
        try (var guest = guest("c", "off")) {
            guest.x(Asm.A0, Guest.CODE + 12);
            // Over two instructions by JALR, which links to the register that it reads; a branch that is not taken; JAL.
            guest.run(Asm.jalr(Asm.A0, Asm.A0, 0), Asm.EBREAK, Asm.EBREAK, Asm.branch(1, 0, 0, 6), Asm.jal(Asm.RA, 8),
                Asm.EBREAK, Asm.addi(Asm.A1, 0, 5));
            assertFalse(guest.trapped());
            assertEquals(Guest.CODE + 4, guest.x(Asm.A0));
            assertEquals(Guest.CODE + 20, guest.x(Asm.RA));
            assertEquals(5, guest.x(Asm.A1));
        }
    }

    @Test
    void withoutCReturnAddressesOfTrapsAreMultiplesOfFour() {
        try (var guest = guest("c", "off")) {
            guest.x(Asm.A0, 0x8000_0006L);
            guest.run(Asm.csrrw(0, Csr.MEPC, Asm.A0), Asm.csrrs(Asm.A1, Csr.MEPC, 0), Asm.csrrw(0, Csr.SEPC, Asm.A0),
                Asm.csrrs(Asm.A2, Csr.SEPC, 0));
            assertEquals(0x8000_0004L, guest.x(Asm.A1));
            assertEquals(0x8000_0004L, guest.x(Asm.A2));
        }
    }

    @Test
    void countersCanBeAbsent() {
        try (var guest = guest("zicntr", "off")) {
            for (int counter = Csr.CYCLE; counter <= Csr.INSTRET; counter++) {
                int read = Asm.csrrs(Asm.A0, counter, 0);
                illegal(guest, read, read & 0xffff_ffffL);
            }
            guest.x(Asm.A0, -1);
            guest.run(Asm.csrrw(0, Csr.MCOUNTEREN, Asm.A0), Asm.csrrs(Asm.A1, Csr.MCOUNTEREN, 0),
                Asm.csrrs(Asm.A2, Csr.MCYCLE, 0));
            assertFalse(guest.trapped(), "machine mode has its own");
            assertEquals(0, guest.x(Asm.A1));
        }
    }

    @Test
    void identitiesAreWhatThePropertiesSay() {
        var model = model("1.1", Map.of("mvendorid", "0x5b7", "marchid", "0x2a", "mimpid", "7"));
        try (var guest = new Guest(null, model)) {
            guest.run(Asm.csrrs(Asm.A0, Csr.MVENDORID, 0), Asm.csrrs(Asm.A1, Csr.MARCHID, 0),
                Asm.csrrs(Asm.A2, Csr.MIMPID, 0));
            assertEquals(List.of(0x5b7L, 0x2aL, 7L), List.of(guest.x(Asm.A0), guest.x(Asm.A1), guest.x(Asm.A2)));
            assertEquals(0x5b7, guest.hart.controlRegister(Csr.MVENDORID), "and so the firmware sees them");
            assertEquals(0, guest.hart.controlRegister(0x7ff), "there is no such register");
        }
    }

    @Test
    void withoutAddressTranslationSatpStaysBare() {
        try (var guest = guest("mmu", "none")) {
            guest.x(Asm.A0, PageTable.SV39 | 1);
            guest.run(Asm.csrrw(0, Csr.SATP, Asm.A0), Asm.csrrs(Asm.A1, Csr.SATP, 0));
            assertEquals(0, guest.x(Asm.A1));
            assertEquals(List.of("riscv,none"), guest.hart.node().strings().get("mmu-type"));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0x3a0, 0x3b0", "16, 0x3a4, 0x3c0", "64, 0x3a1, 0x3f0"})
    void thereAreAsManyPmpRegistersAsItSays(String entries, String configuration, String address) {
        try (var guest = guest("pmp-entries", entries)) {
            for (String absent : new String[] {configuration, address}) {
                int read = Asm.csrrs(Asm.A0, Integer.decode(absent), 0);
                illegal(guest, read, read & 0xffff_ffffL);
            }
            int last = Integer.parseInt(entries) - 1;
            if (last > 0) {
                guest.x(Asm.A0, 0x1f00_0000_0000_0000L);
                guest.run(Asm.csrrw(0, Csr.PMPADDR0 + last, Asm.A0), Asm.csrrw(0, Csr.PMPCFG0 + last / 8 * 2, Asm.A0),
                    Asm.csrrs(Asm.A1, Csr.PMPCFG0 + last / 8 * 2, 0));
                assertFalse(guest.trapped());
                assertEquals(0x1f00_0000_0000_0000L, guest.x(Asm.A1));
            }
            try (var other = guest("pmp-entries", entries)) {
                other.hart.restore(guest.hart.state());
                assertEquals(guest.hart.state(), other.hart.state());
            }
        }
    }

    @Test
    void withoutPmpEveryModeMayDoEverything() {
        assertTrue(new Pmp(0).allows(Guest.RAM, Pmp.EXECUTE, Privilege.USER));
    }

    @Test
    void aStateThatAHartOfThisModelCannotBeInIsRefusedByName() {
        try (var all = new Guest(); var noC = guest("c", "off"); var noMmu = guest("mmu", "none");
                var noCounters = guest("zicntr", "off"); var noPmp = guest("pmp-entries", "0")) {
            all.set(core -> {
                core.pc = Guest.CODE + 2;
                core.satp = PageTable.SV39;
                core.mcounteren = 7;
            });
            HartState state = all.hart.state();
            refused(noC, state, "pc:");
            refused(noMmu, state, "satp:");
            refused(noCounters, state, "mcounteren:");
            refused(noPmp, state, "pmp:");
        }
    }

    private static void refused(Guest guest, HartState state, String start) {
        var refusal = assertThrows(IllegalArgumentException.class, () -> guest.hart.restore(state));
        assertTrue(refusal.getMessage().startsWith(start), refusal.getMessage());
    }
}
