package org.sterna.cpu.riscv64.internal;

/**
 * The "A" extension. Every operation is an atomic operation of the host on guest memory, with the strongest order, so
 * harts on different threads and devices see them as one. LR remembers what it has read, and SC succeeds if memory
 * still holds it.
 */
final class Atomics {
    static final int ADD = 0;
    static final int SWAP = 1;
    static final int LR = 2;
    static final int SC = 3;
    static final int XOR = 4;
    static final int OR = 8;
    static final int AND = 12;
    static final int MIN = 16;
    static final int MAX = 20;
    static final int MINU = 24;
    static final int MAXU = 28;

    private final Core core;
    private final DataPort data;

    Atomics(Core core, DataPort data) {
        this.core = core;
        this.data = data;
    }

    /** Whether there is an operation of this number, the upper five bits of an instruction. */
    static boolean exists(int operation) {
        return operation <= SC || (operation & 3) == 0;
    }

    /** Executes a pre-decoded {@link Op#AMO}. */
    void execute(long word) {
        int raw = Op.immediate(word);
        int operation = raw >>> 27;
        boolean wide = (raw & 0x1000) != 0;
        long address = core.x[Op.rs1(word)];
        long host = data.atomic(address, wide ? 8 : 4, operation == LR ? Pmp.READ : Pmp.WRITE);
        long operand = core.x[Op.rs2(word)];
        core.x[Op.rd(word)] = switch (operation) {
            case LR -> reserve(host, wide);
            case SC -> conditional(host, wide, operand);
            default -> wide ? modify(operation, host, operand) : modify(operation, host, (int) operand);
        };
    }

    private long reserve(long host, boolean wide) {
        core.reserved = true;
        core.reservedAddress = data.physical(host);
        core.reservedValue = wide ? HostMemory.getLongVolatile(host) : HostMemory.getIntVolatile(host);
        return core.reservedValue;
    }

    /** 0 if it has stored, 1 if not. Either way the reservation is gone. */
    private long conditional(long host, boolean wide, long operand) {
        boolean mine = core.reserved && core.reservedAddress == data.physical(host);
        core.reserved = false;
        boolean stored = mine && (wide ? HostMemory.compareAndSetLong(host, core.reservedValue, operand)
            : HostMemory.compareAndSetInt(host, (int) core.reservedValue, (int) operand));
        return stored ? 0 : 1;
    }

    private static long modify(int operation, long host, long operand) {
        if (operation == ADD) {
            return HostMemory.getAndAddLong(host, operand);
        }
        if (operation == SWAP) {
            return HostMemory.getAndSetLong(host, operand);
        }
        long old;
        do {
            old = HostMemory.getLongVolatile(host);
        } while (!HostMemory.compareAndSetLong(host, old, combine(operation, old, operand)));
        return old;
    }

    private static int modify(int operation, long host, int operand) {
        if (operation == ADD) {
            return HostMemory.getAndAddInt(host, operand);
        }
        if (operation == SWAP) {
            return HostMemory.getAndSetInt(host, operand);
        }
        int old;
        do {
            old = HostMemory.getIntVolatile(host);
            // Sign extension keeps both the signed and the unsigned order of 32-bit values.
        } while (!HostMemory.compareAndSetInt(host, old, (int) combine(operation, old, operand)));
        return old;
    }

    private static long combine(int operation, long old, long operand) {
        return switch (operation) {
            case XOR -> old ^ operand;
            case OR -> old | operand;
            case AND -> old & operand;
            case MIN -> Math.min(old, operand);
            case MAX -> Math.max(old, operand);
            case MINU -> Long.compareUnsigned(old, operand) < 0 ? old : operand;
            default -> Long.compareUnsigned(old, operand) > 0 ? old : operand;
        };
    }
}
