package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** 16-bit instructions against what an assembler says they are and stand for. */
class CompressedTest {
    private static final Decoder DECODER = new Decoder(HartModel.Extensions.ALL);
    @ParameterizedTest
    @CsvSource({
        "c.addi4spn a0;sp;4, 0x0048, 0x00410513",
        "c.addi4spn a5;sp;1020, 0x1ffc, 0x3fc10793",
        "c.lw a0;0(a1), 0x4188, 0x0005a503",
        "c.lw s0;124(a5), 0x5fe0, 0x07c7a403",
        "c.lw s1;64(a2), 0x4224, 0x04062483",
        "c.ld a3;248(s0), 0x7c74, 0x0f843683",
        "c.ld a3;8(s1), 0x6494, 0x0084b683",
        "c.sw a4;124(a0), 0xdd78, 0x06e52e23",
        "c.sw a4;4(a0), 0xc158, 0x00e52223",
        "c.sd a5;248(a0), 0xfd7c, 0x0ef53c23",
        "c.sd a5;64(a0), 0xe13c, 0x04f53023",
        "c.nop, 0x0001, 0x00000013",
        "c.addi t6;-32, 0x1f81, 0xfe0f8f93",
        "c.addi a0;31, 0x057d, 0x01f50513",
        "c.addiw a0;-1, 0x357d, 0xfff5051b",
        "c.addiw a0;0, 0x2501, 0x0005051b",
        "c.li a0;-32, 0x5501, 0xfe000513",
        "c.li t6;31, 0x4ffd, 0x01f00f93",
        "c.addi16sp sp;-512, 0x7101, 0xe0010113",
        "c.addi16sp sp;496, 0x617d, 0x1f010113",
        "c.addi16sp sp;16, 0x6141, 0x01010113",
        "c.addi16sp sp;32, 0x6105, 0x02010113",
        "c.addi16sp sp;64, 0x6121, 0x04010113",
        "c.addi16sp sp;128, 0x6109, 0x08010113",
        "c.lui a0;1, 0x6505, 0x00001537",
        "c.lui a0;31, 0x657d, 0x0001f537",
        "c.lui a0;0xfffe0, 0x7501, 0xfffe0537",
        "c.srli a0;1, 0x8105, 0x00155513",
        "c.srli a0;63, 0x917d, 0x03f55513",
        "c.srai a5;32, 0x9781, 0x4207d793",
        "c.srai a5;63, 0x97fd, 0x43f7d793",
        "c.andi s0;-32, 0x9801, 0xfe047413",
        "c.andi s0;31, 0x887d, 0x01f47413",
        "c.sub s0;a5, 0x8c1d, 0x40f40433",
        "c.xor s1;a4, 0x8cb9, 0x00e4c4b3",
        "c.or a0;a1, 0x8d4d, 0x00b56533",
        "c.and a2;a3, 0x8e75, 0x00d67633",
        "c.subw a0;a5, 0x9d1d, 0x40f5053b",
        "c.addw a5;a0, 0x9fa9, 0x00a787bb",
        "c.j .-2048, 0xb001, 0x801ff06f",
        "c.j .+2046, 0xaffd, 0x7fe0006f",
        "c.j .+2, 0xa009, 0x0020006f",
        "c.j .+16, 0xa801, 0x0100006f",
        "c.j .+32, 0xa005, 0x0200006f",
        "c.j .+64, 0xa081, 0x0400006f",
        "c.j .+128, 0xa041, 0x0800006f",
        "c.j .+256, 0xa201, 0x1000006f",
        "c.j .+512, 0xa401, 0x2000006f",
        "c.j .+1024, 0xa101, 0x4000006f",
        "c.beqz a0;.-256, 0xd101, 0xf00500e3",
        "c.beqz s0;.+254, 0xcc7d, 0x0e040f63",
        "c.bnez a5;.+2, 0xe389, 0x00079163",
        "c.bnez a5;.+8, 0xe781, 0x00079463",
        "c.bnez a5;.+32, 0xe385, 0x02079063",
        "c.bnez a5;.+64, 0xe3a1, 0x04079063",
        "c.bnez a5;.+128, 0xe3c1, 0x08079063",
        "c.slli a0;1, 0x0506, 0x00151513",
        "c.slli t6;63, 0x1ffe, 0x03ff9f93",
        "c.lwsp ra;0(sp), 0x4082, 0x00012083",
        "c.lwsp t6;252(sp), 0x5ffe, 0x0fc12f83",
        "c.lwsp t6;32(sp), 0x5f82, 0x02012f83",
        "c.ldsp ra;8(sp), 0x60a2, 0x00813083",
        "c.ldsp a0;504(sp), 0x757e, 0x1f813503",
        "c.ldsp a0;32(sp), 0x7502, 0x02013503",
        "c.jr ra, 0x8082, 0x00008067",
        "c.jr t6, 0x8f82, 0x000f8067",
        "c.mv a0;t6, 0x857e, 0x01f00533",
        "c.ebreak, 0x9002, 0x00100073",
        "c.jalr a5, 0x9782, 0x000780e7",
        "c.add sp;a0, 0x912a, 0x00a10133",
        "c.swsp a0;0(sp), 0xc02a, 0x00a12023",
        "c.swsp t6;252(sp), 0xdffe, 0x0ff12e23",
        "c.swsp t6;64(sp), 0xc0fe, 0x05f12023",
        "c.sdsp ra;8(sp), 0xe406, 0x00113423",
        "c.sdsp t6;504(sp), 0xfffe, 0x1ff13c23",
        "c.sdsp t6;64(sp), 0xe0fe, 0x05f13023"
    })
    void expandsToWhatItStandsFor(String text, String half, String expansion) {
        assertEquals(expansion, "0x%08x".formatted(Compressed.expand(Integer.decode(half))), text);
    }

    /** Reserved encodings, and the loads and stores of floating-point registers, which do not exist. */
    @ParameterizedTest
    @ValueSource(ints = {0x0000, 0x2000, 0x8000, 0xa000, 0x2001, 0x6101,  0x9c41, 0x9c61, 0x4002, 0x6002,
        0x8002, 0x2002, 0xa002})
    void reservedEncodingsAreIllegal(int half) {
        assertEquals(0, Compressed.expand(half), Integer.toHexString(half));
    }

    @Property(tries = 3000)
    void behavesAsItsExpansion(@ForAll @IntRange(max = 0xffff) int half) {
        int expansion = Compressed.expand(half);
        if (!Decoder.isLong(half) && expansion != 0) {
            long word = DECODER.decodeShort(half);
            long expanded = DECODER.decodeLong(expansion);
            assertEquals(1, Op.halfwords(word));
            assertEquals(2, Op.halfwords(expanded));
            assertEquals(expanded & ~(3L << 26), word & ~(3L << 26));
        }
    }

    @Test
    void everyExpansionIsAnInstruction() {
        for (int half = 0; half <= 0xffff; half++) {
            int expansion = Decoder.isLong(half) ? 0 : Compressed.expand(half);
            if (expansion != 0) {
                assertNotEquals(Op.ILLEGAL, Op.operation(DECODER.decodeLong(expansion)),
                    Integer.toHexString(half));
            }
        }
    }

    @Test
    void illegalOnesTrapWithTheirSixteenBits() {
        try (var guest = new Guest()) {
            guest.put(Guest.CODE, 0x8002_0001);
            guest.go(Guest.CODE);
            assertEquals(Trap.ILLEGAL, guest.machine().mcause());
            assertEquals(0x8002, guest.machine().mtval());
            assertEquals(Guest.CODE + 2, guest.machine().mepc());
        }
    }

    @Test
    void linksBehindItsTwoBytes() {
        try (var guest = new Guest()) {
            guest.x(Asm.A0, Guest.CODE + 0x100);
            guest.put(Guest.CODE + 0x100, Guest.STOP_CODE);
            guest.run(0x9502_0001);
            assertEquals(Guest.CODE + 4, guest.x(Asm.RA));
        }
    }
}
