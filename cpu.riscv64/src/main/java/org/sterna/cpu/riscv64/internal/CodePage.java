package org.sterna.cpu.riscv64.internal;

import java.util.Arrays;

/**
 * A page of guest memory in pre-decoded form. It knows its guest-physical address only, and so serves every mapping of
 * the page.
 *
 * <p>Instructions stand in the order in which they were reached, one after the other, so that the interpreter finds
 * the next one without having to know the length of the last. Entering the page at a halfword decodes all that can be
 * reached from there inside the page; jumps inside it then name positions, not addresses. A jump that leaves the page
 * names a halfword relative to the page's start, as a {@linkplain #far negative number}.
 *
 * <p>What is decoded is an image taken when the page was first executed. A guest that changes code says so by
 * FENCE.I, and the image is then {@linkplain #current compared} with memory.
 */
final class CodePage {
    static final int HALFWORDS = 2048;
    /** The position of an instruction that crosses into the next page; it is decoded each time it is executed. */
    static final int CROSSING = 1;
    /** More than the distance of any jump in halfwords. */
    private static final int FAR = 1 << 24;
    private static final int FIRST = 3;

    /** About what a page takes beside its arrays, in bytes. */
    private static final int OBJECT_BYTES = 192;

    final long physical;
    /** The next page in the same bucket of the cache, and the neighbours in the order of latest use; the cache's. */
    CodePage next;
    CodePage newer;
    CodePage older;
    /** How many bytes the cache has counted for it; 0 when it is not in the cache. */
    long counted;
    private final CodeCache cache;
    private final Decoder decoder;
    private final byte[] image = new byte[HALFWORDS * 2];
    /** The position of the instruction at each halfword, or 0. */
    private final char[] positions = new char[HALFWORDS];
    private long[] code = new long[64];
    /** The halfword of the instruction at each position. */
    private char[] halfwords = new char[64];
    private int size = FIRST;
    private int epoch;

    CodePage(long physical, long host, int epoch, Decoder decoder, CodeCache cache) {
        this.physical = physical;
        this.cache = cache;
        this.decoder = decoder;
        this.epoch = epoch;
        HostMemory.copy(host, image);
        halfwords[CROSSING] = HALFWORDS - 1;
        halfwords[CROSSING + 1] = HALFWORDS + 1;
        code[CROSSING + 1] = Op.word(Op.GOTO, 0, 0, 0, 0, far(HALFWORDS + 1));
    }

    /** Pre-decoded instructions by position; another array after each {@link #position}. */
    long[] code() {
        return code;
    }

    /** The halfword, relative to the page, that a jump to a position or a {@linkplain #far far} one goes to. */
    int halfwordOf(int target) {
        return target < 0 ? target + FAR : halfwords[target];
    }

    /** The target of a jump to a halfword outside the page. */
    private static int far(int halfword) {
        return halfword - FAR;
    }

    /** The content of a halfword. */
    int content(int halfword) {
        return image[2 * halfword] & 0xff | (image[2 * halfword + 1] & 0xff) << 8;
    }

    /** About what it takes of the host's memory. */
    long bytes() {
        return OBJECT_BYTES + image.length + (long) Character.BYTES * positions.length + (long) Long.BYTES * code.length
            + (long) Character.BYTES * halfwords.length;
    }

    /**
     * The position of the instruction at a halfword, which gets decoded if need be.
     *
     * @throws org.sterna.machine.memory.HostMemoryException if the host has no memory for that
     */
    int position(int halfword) {
        int position = positions[halfword];
        return position != 0 ? position : decodeFrom(halfword);
    }

    private int decodeFrom(int start) {
        try {
            return decode(start);
        } catch (OutOfMemoryError e) {
            // Jumps have not found their places yet, so nothing of it can be executed.
            forget();
            return decodeAlone(start);
        } finally {
            cache.resized(this);
        }
    }

    /** Others have used up the heap. What the hart's other pages have of it may be enough. */
    private int decodeAlone(int start) {
        cache.clear();
        try {
            return decode(start);
        } catch (OutOfMemoryError e) {
            forget();
            throw cache.noMemory();
        }
    }

    /** Is as before anything was decoded. */
    private void forget() {
        Arrays.fill(positions, (char) 0);
        size = FIRST;
    }

    private int decode(int start) {
        int first = size;
        var targets = new Targets();
        targets.add(start);
        while (!targets.isEmpty()) {
            decodeRun(targets.remove(), targets);
        }
        for (int i = first; i < size; i++) {
            int target = Op.immediate(code[i]);
            if (Op.isDirectJump(code[i]) && target >= 0) {
                code[i] = Op.withImmediate(code[i], positions[target]);
            }
        }
        return positions[start];
    }

    /** Decodes one instruction after the other until a jump or what is decoded already. */
    private void decodeRun(int start, Targets targets) {
        int halfword = start;
        while (halfword < HALFWORDS && positions[halfword] == 0) {
            positions[halfword] = (char) size;
            long word = relocate(decodeAt(halfword), halfword, targets);
            append(word, halfword);
            if (Op.endsRun(word)) {
                return;
            }
            halfword += Op.halfwords(word);
        }
        if (halfword != start) {
            append(Op.word(Op.GOTO, 0, 0, 0, 0, halfword < HALFWORDS ? halfword : far(halfword)), halfword);
        }
    }

    private long decodeAt(int halfword) {
        int content = content(halfword);
        if (!Decoder.isLong(content)) {
            return decoder.decodeShort(content);
        }
        return halfword == HALFWORDS - 1 ? Op.word(Op.CROSSING, 0, 0, 0, 2, content)
            : decoder.decodeLong(content | content(halfword + 1) << 16);
    }

    /** Makes an instruction relative to the page's start instead of to itself. */
    private static long relocate(long word, int halfword, Targets targets) {
        int operation = Op.operation(word);
        if (operation == Op.AUIPC) {
            return Op.withImmediate(word, Op.immediate(word) + 2 * halfword);
        }
        long linked = operation == Op.JAL || operation == Op.JALR
            ? Op.withLink(word, halfword + Op.halfwords(word)) : word;
        if (!Op.isDirectJump(word)) {
            return linked;
        }
        int target = halfword + Op.immediate(word);
        if (targets == null || target < 0 || target >= HALFWORDS) {
            return Op.withImmediate(linked, far(target));
        }
        targets.add(target);
        return Op.withImmediate(linked, target);
    }

    private void append(long word, int halfword) {
        if (size == code.length) {
            code = Arrays.copyOf(code, 2 * size);
            halfwords = Arrays.copyOf(halfwords, 2 * size);
        }
        code[size] = word;
        halfwords[size++] = (char) halfword;
    }

    /** Decodes the last instruction with its second half from the next page, at {@link #CROSSING}. */
    void decodeCrossing(int second) {
        long word = decoder.decodeLong(content(HALFWORDS - 1) | second << 16);
        code[CROSSING] = relocate(word, HALFWORDS - 1, null);
    }

    /** Whether it still is what memory holds, as of the hart's latest FENCE.I. */
    boolean current(long host, int now) {
        if (epoch != now) {
            if (!HostMemory.equal(host, image)) {
                return false;
            }
            epoch = now;
        }
        return true;
    }

    /** Halfwords that are yet to be decoded. */
    private static final class Targets {
        private int[] stack = new int[16];
        private int depth;

        void add(int halfword) {
            if (depth == stack.length) {
                stack = Arrays.copyOf(stack, 2 * depth);
            }
            stack[depth++] = halfword;
        }

        int remove() {
            return stack[--depth];
        }

        boolean isEmpty() {
            return depth == 0;
        }
    }
}
