package org.sterna.cpu.riscv64.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The pending interrupts of a hart ({@code mip}): levels of inputs, which others drive from any thread, and bits that
 * software may write. The supervisor software interrupt has no level: raising its input sets the bit, as the
 * supervisor expects to clear it by itself.
 */
final class Interrupts {
    static final int SUPERVISOR_SOFTWARE = 1;
    /** SSIP, STIP and SEIP. */
    static final int WRITABLE = 0x222;
    /** All that exist: SSI, MSI, STI, MTI, SEI, MEI. */
    static final int ALL = 0xaaa;

    private static final VarHandle LEVELS;
    private static final VarHandle SOFTWARE;

    static {
        try {
            LEVELS = MethodHandles.lookup().findVarHandle(Interrupts.class, "levels", int.class);
            SOFTWARE = MethodHandles.lookup().findVarHandle(Interrupts.class, "software", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("unused")
    private volatile int levels;
    @SuppressWarnings("unused")
    private volatile int software;
    private volatile boolean changed;

    /** Sets the level of an input. Any thread. */
    void input(int number, boolean high) {
        int bit = 1 << number;
        VarHandle target = number == SUPERVISOR_SOFTWARE ? SOFTWARE : LEVELS;
        if (high) {
            int unused = (int) target.getAndBitwiseOr(this, bit);
        } else {
            int unused = (int) target.getAndBitwiseAnd(this, ~bit);
        }
        changed = true;
    }

    /** {@code mip}. */
    int pending() {
        return levels | software;
    }

    /** The bits that software has set. */
    int software() {
        return software;
    }

    /** Sets and clears bits of {@link #WRITABLE}. */
    void write(int mask, int value) {
        int unused = (int) SOFTWARE.getAndBitwiseAnd(this, ~(mask & ~value));
        unused = (int) SOFTWARE.getAndBitwiseOr(this, mask & value);
        changed = true;
    }

    void resetSoftware() {
        write(WRITABLE, 0);
    }

    /** Whether something has changed since {@link #acknowledge()}. */
    boolean changed() {
        return changed;
    }

    /** Goes before a look at {@link #pending()}, so that a change after the look is noticed. */
    void acknowledge() {
        changed = false;
    }
}
