package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/** Every computing instruction of I and M against the manual's words in terms of unbounded integers. */
class ArithmeticInstructionsTest {
    private static final BigInteger ALL = BigInteger.ONE.shiftLeft(64);
    private Guest guest;

    /** An instruction with its opcode, funct3, funct7 and meaning, which takes signed values. */
    private record Instruction(int opcode, int funct3, int funct7, BinaryOperator<BigInteger> meaning) {
    }

    private static final Map<String, Instruction> INSTRUCTIONS = new TreeMap<>();

    private static void define(String name, int opcode, int funct3, int funct7, BinaryOperator<BigInteger> meaning) {
        INSTRUCTIONS.put(name, new Instruction(opcode, funct3, funct7, meaning));
    }

    private static BigInteger unsigned(BigInteger value) {
        return value.mod(ALL);
    }

    private static BigInteger signed32(BigInteger value) {
        return BigInteger.valueOf(value.intValue());
    }

    private static BigInteger unsigned32(BigInteger value) {
        return value.mod(BigInteger.ONE.shiftLeft(32));
    }

    private static BigInteger bool(boolean value) {
        return value ? BigInteger.ONE : BigInteger.ZERO;
    }

    private static BigInteger quotient(BigInteger a, BigInteger b) {
        return b.signum() == 0 ? BigInteger.ONE.negate() : a.divide(b);
    }

    private static BigInteger remainder(BigInteger a, BigInteger b) {
        return b.signum() == 0 ? a : a.remainder(b);
    }

    static {
        for (int word : List.of(0, 8)) {
            String suffix = word == 0 ? "" : "w";
            define("add" + suffix, 0x33 | word, 0, 0, BigInteger::add);
            define("sub" + suffix, 0x33 | word, 0, 0x20, BigInteger::subtract);
            define("mul" + suffix, 0x33 | word, 0, 1, BigInteger::multiply);
        }
        define("sll", 0x33, 1, 0, (a, b) -> a.shiftLeft(b.intValue() & 63));
        define("slt", 0x33, 2, 0, (a, b) -> bool(a.compareTo(b) < 0));
        define("sltu", 0x33, 3, 0, (a, b) -> bool(unsigned(a).compareTo(unsigned(b)) < 0));
        define("xor", 0x33, 4, 0, BigInteger::xor);
        define("srl", 0x33, 5, 0, (a, b) -> unsigned(a).shiftRight(b.intValue() & 63));
        define("sra", 0x33, 5, 0x20, (a, b) -> a.shiftRight(b.intValue() & 63));
        define("or", 0x33, 6, 0, BigInteger::or);
        define("and", 0x33, 7, 0, BigInteger::and);
        define("mulh", 0x33, 1, 1, (a, b) -> a.multiply(b).shiftRight(64));
        define("mulhsu", 0x33, 2, 1, (a, b) -> a.multiply(unsigned(b)).shiftRight(64));
        define("mulhu", 0x33, 3, 1, (a, b) -> unsigned(a).multiply(unsigned(b)).shiftRight(64));
        define("div", 0x33, 4, 1, ArithmeticInstructionsTest::quotient);
        define("divu", 0x33, 5, 1, (a, b) -> quotient(unsigned(a), unsigned(b)));
        define("rem", 0x33, 6, 1, ArithmeticInstructionsTest::remainder);
        define("remu", 0x33, 7, 1, (a, b) -> remainder(unsigned(a), unsigned(b)));
        define("sllw", 0x3b, 1, 0, (a, b) -> a.shiftLeft(b.intValue() & 31));
        define("srlw", 0x3b, 5, 0, (a, b) -> unsigned32(a).shiftRight(b.intValue() & 31));
        define("sraw", 0x3b, 5, 0x20, (a, b) -> signed32(a).shiftRight(b.intValue() & 31));
        define("divw", 0x3b, 4, 1, (a, b) -> quotient(signed32(a), signed32(b)));
        define("divuw", 0x3b, 5, 1, (a, b) -> quotient(unsigned32(a), unsigned32(b)));
        define("remw", 0x3b, 6, 1, (a, b) -> remainder(signed32(a), signed32(b)));
        define("remuw", 0x3b, 7, 1, (a, b) -> remainder(unsigned32(a), unsigned32(b)));
    }

    @BeforeProperty
    void open() {
        guest = new Guest();
    }

    @AfterProperty
    void close() {
        guest.close();
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.of(INSTRUCTIONS.keySet());
    }

    /** Edge values as often as random ones. */
    @Provide
    Arbitrary<Long> values() {
        return Arbitraries.oneOf(
            Arbitraries.of(0L, 1L, -1L, 2L, 31L, 32L, 63L, 64L, Long.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE + 1,
                (long) Integer.MIN_VALUE, (long) Integer.MAX_VALUE, 0x80000000L, 0xffffffffL, 0x100000000L),
            Arbitraries.longs());
    }

    private static long expected(Instruction instruction, long a, long b) {
        long value = instruction.meaning().apply(BigInteger.valueOf(a), BigInteger.valueOf(b)).longValue();
        return (instruction.opcode() & 8) == 0 ? value : (int) value;
    }

    @Property(tries = 4000)
    void registerOperations(@ForAll("names") String name, @ForAll("values") long a, @ForAll("values") long b) {
        Instruction instruction = INSTRUCTIONS.get(name);
        guest.x(Asm.A0, a);
        guest.x(Asm.A1, b);
        guest.run(Asm.r(instruction.opcode(), instruction.funct3(), instruction.funct7(), Asm.A2, Asm.A0, Asm.A1));
        assertEquals(expected(instruction, a, b), guest.x(Asm.A2), name);
    }

    @Property(tries = 500)
    void resultMayReplaceAnOperand(@ForAll("names") String name, @ForAll("values") long a) {
        Instruction instruction = INSTRUCTIONS.get(name);
        guest.x(Asm.A0, a);
        guest.run(Asm.r(instruction.opcode(), instruction.funct3(), instruction.funct7(), Asm.A0, Asm.A0, Asm.A0));
        assertEquals(expected(instruction, a, a), guest.x(Asm.A0), name);
    }

    @Property(tries = 300)
    void zeroStaysZero(@ForAll("names") String name, @ForAll("values") long a, @ForAll("values") long b) {
        Instruction instruction = INSTRUCTIONS.get(name);
        guest.x(Asm.A0, a);
        guest.x(Asm.A1, b);
        guest.run(Asm.r(instruction.opcode(), instruction.funct3(), instruction.funct7(), 0, Asm.A0, Asm.A1));
        assertEquals(0, guest.x(0));
    }

    @Provide
    Arbitrary<String> immediateNames() {
        return Arbitraries.of("add", "slt", "sltu", "xor", "or", "and", "addw");
    }

    @Property(tries = 2000)
    void immediateOperations(@ForAll("immediateNames") String name, @ForAll("values") long a,
            @ForAll("twelveBits") int immediate) {
        Instruction instruction = INSTRUCTIONS.get(name);
        guest.x(Asm.A0, a);
        guest.run(Asm.i(instruction.opcode() & ~0x20, instruction.funct3(), Asm.A2, Asm.A0, immediate));
        assertEquals(expected(instruction, a, immediate), guest.x(Asm.A2), name + "i");
    }

    @Provide
    Arbitrary<Integer> twelveBits() {
        return Arbitraries.integers().between(-2048, 2047);
    }

    @Provide
    Arbitrary<String> shiftNames() {
        return Arbitraries.of("sll", "srl", "sra", "sllw", "srlw", "sraw");
    }

    @Property(tries = 2000)
    void shiftsByConstants(@ForAll("shiftNames") String name, @ForAll("values") long a, @ForAll("amounts") int amount) {
        Instruction instruction = INSTRUCTIONS.get(name);
        int shift = (instruction.opcode() & 8) == 0 ? amount : amount & 31;
        guest.x(Asm.A0, a);
        guest.run(Asm.i(instruction.opcode() & ~0x20, instruction.funct3(), Asm.A2, Asm.A0,
            shift | instruction.funct7() << 5));
        assertEquals(expected(instruction, a, shift), guest.x(Asm.A2), name + "i");
    }

    @Provide
    Arbitrary<Integer> amounts() {
        return Arbitraries.integers().between(0, 63);
    }

    @Property(tries = 500)
    void upperImmediates(@ForAll("twentyBits") int upper) {
        guest.run(Asm.lui(Asm.A0, upper), Asm.auipc(Asm.A1, upper));
        assertEquals((long) upper << 12, guest.x(Asm.A0));
        assertEquals(((long) upper << 12) + Guest.CODE + 4, guest.x(Asm.A1));
    }

    @Provide
    Arbitrary<Integer> twentyBits() {
        return Arbitraries.integers().between(-(1 << 19), (1 << 19) - 1);
    }
}
