package org.sterna.testkit.conformance;

import java.util.Random;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.testkit.DeviceBench;

/**
 * What a hostile guest says, from a seed. It only ever points into the upper half of its memory, so that whatever a device
 * writes into the lower one, it was never told to: no value that is written to a register or to memory, nor two that make up an
 * address, lies there. (The lowest 64 KiB are left out, since 2^31 comes about in many ways.)
 */
final class HostileValues {
    private static final int[] SIZES = {1, 2, 4, 4, 4, 4, 8};

    private final Random random;
    private final long ground;
    private final int groundBytes;

    HostileValues(Random random, GuestMemory memory) {
        this.random = random;
        this.groundBytes = (int) (memory.size() / 2);
        this.ground = DeviceBench.MEMORY_BASE + groundBytes;
    }

    /** Where the upper half begins. */
    long ground() {
        return ground;
    }

    /** Whether something happens that happens once in so many times. */
    boolean once(int times) {
        return random.nextInt(times) == 0;
    }

    /** A number from 0 on. */
    int below(int bound) {
        return random.nextInt(bound);
    }

    /** A power of two up to 2^31. */
    long power() {
        return 1L << random.nextInt(32);
    }

    /** The size of an access. */
    int size() {
        return SIZES[random.nextInt(SIZES.length)];
    }

    /** Something that is worth trying; no part of it shorter than four bytes could be the upper part of an address. */
    long value(int size) {
        return size < 4 ? random.nextLong() & 0x7f7f : word();
    }

    /** Eight bytes: an address, a small number, a limit, or anything. */
    long word() {
        return switch (random.nextInt(6)) {
            case 0 -> address();
            case 1 -> random.nextInt(64);
            case 2 -> 1L << random.nextInt(64) & ~(1L << 31);
            case 3 -> -1;
            case 4 -> random.nextInt(1 << 17);
            default -> random.nextLong() & 0x7f7f_7f7f_7f7f_7f7fL;
        };
    }

    /** In the upper half, sometimes up to its very end, sometimes nowhere. */
    long address() {
        return switch (random.nextInt(8)) {
            case 0 -> ground + groundBytes - 16;
            case 1 -> ground + groundBytes;
            case 2 -> -16;
            default -> room(16, 16);
        };
    }

    /** So many bytes in the upper half, at a multiple of a power of two of at most a page. */
    long room(int bytes, int alignment) {
        return ground + (long) alignment * random.nextInt((groundBytes - bytes) / alignment + 1);
    }
}
