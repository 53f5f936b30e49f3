package org.sterna.cpu.riscv64.internal;

/**
 * A page of guest memory in pre-decoded form, one element for each halfword that may start an instruction, decoded
 * when it is first executed. It knows its guest-physical address only, and so serves every mapping of the page.
 *
 * <p>What is decoded is an image taken when the page was first executed. A guest that changes code says so by
 * FENCE.I, and the image is then {@linkplain #current compared} with memory.
 */
final class CodePage {
    static final int HALFWORDS = 2048;

    final long physical;
    /** One element for each halfword, and two that say that the page has ended. */
    final long[] code = new long[HALFWORDS + 2];
    private final byte[] image = new byte[HALFWORDS * 2];
    private int epoch;

    CodePage(long physical, long host, int epoch) {
        this.physical = physical;
        this.epoch = epoch;
        HostMemory.copy(host, image);
        code[HALFWORDS] = Op.NEXT_PAGE;
        code[HALFWORDS + 1] = Op.NEXT_PAGE;
    }

    int halfword(int index) {
        return image[2 * index] & 0xff | (image[2 * index + 1] & 0xff) << 8;
    }

    /** Decodes the instruction at a halfword. */
    long decode(int index) {
        int first = halfword(index);
        long word;
        if (!Decoder.isLong(first)) {
            word = Decoder.decodeShort(first);
        } else if (index == HALFWORDS - 1) {
            word = Op.word(Op.CROSSING, 0, 0, 0, 2, first);
        } else {
            word = Decoder.decodeLong(first | halfword(index + 1) << 16);
        }
        code[index] = word;
        return word;
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
}
