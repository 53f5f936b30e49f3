package org.sterna.machine.virt.internal;

import org.sterna.machine.board.BoardContext;
import org.sterna.machine.memory.MmioHandler;

/**
 * SiFive's test finisher ({@code sifive,test0}): one register, by which a guest switches the machine off.
 *
 * @param context what can do it
 */
public record TestFinisher(BoardContext context) implements MmioHandler {
    /** The size of its registers in bytes. */
    public static final long SIZE = 0x1000;
    /** What switches the machine off. */
    public static final int POWER_OFF = 0x5555;
    /** What restarts it. */
    public static final int RESTART = 0x7777;
    private static final int FAIL = 0x3333;

    @Override
    public long read(long offset, int size) {
        return 0;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset != 0 || size < 2) {
            return;
        }
        switch ((int) value & 0xffff) {
            case POWER_OFF -> context.powerOff("the guest has switched itself off");
            case RESTART -> context.restart();
            case FAIL -> context.panic("the guest has ended with failure code " + (value >>> 16 & 0xffff));
            default -> { }
        }
    }
}
