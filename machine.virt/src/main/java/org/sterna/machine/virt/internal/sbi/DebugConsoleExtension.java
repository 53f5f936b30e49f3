package org.sterna.machine.virt.internal.sbi;

import org.sterna.machine.board.BoardContext;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.virt.internal.MemoryMap;

/**
 * The debug console (SBI 2.0, chapter 12): it drives the 16550 in the UART slot by its registers, as firmware does. A
 * call transfers what the UART takes or has, and the guest calls again for the rest.
 *
 * @param context where the UART and guest memory are
 */
record DebugConsoleExtension(BoardContext context) implements Extension {
    private static final int DATA = 0;
    private static final int LINE_CONTROL = 3;
    private static final int LINE_STATUS = 5;
    private static final int DIVISOR_LATCH = 0x80;
    private static final int DATA_READY = 0x01;
    private static final int TRANSMITTER_EMPTY = 0x20;
    /** How often {@code console_write_byte}, which is to wait, looks whether the UART takes a byte. */
    private static final int PATIENCE = 10_000;
    /** What one call transfers at most, so that a safe point does not wait for long. */
    private static final int MOST = 4096;

    @Override
    public long id() {
        return StandardExtension.DBCN.id();
    }

    @Override
    public boolean available() {
        return uart() != null;
    }

    private MmioHandler uart() {
        MmioBus.Region region = context.bus().find(MemoryMap.UART, 1);
        return region == null ? null : region.handler();
    }

    @Override
    public Answer call(Call call) {
        MmioHandler uart = uart();
        if (uart == null) {
            return Answer.NOT_SUPPORTED;
        }
        if ((uart.read(LINE_CONTROL, 1) & DIVISOR_LATCH) != 0) {
            // The guest is setting the speed: the data register is something else now.
            return Answer.FAILED;
        }
        return switch (call.function()) {
            case 0, 1 -> transfer(call, uart);
            case 2 -> writeByte(uart, call.argument(0) & 0xff);
            default -> Answer.NOT_SUPPORTED;
        };
    }

    private Answer transfer(Call call, MmioHandler uart) {
        long length = call.argument(0);
        long address = call.argument(1);
        if (length == 0) {
            return Answer.SUCCESS;
        }
        if (call.argument(2) != 0 || !context.memory().contains(address, length)) {
            return Answer.INVALID_PARAMETER;
        }
        int most = (int) Math.min(length, MOST);
        int done = 0;
        if (call.function() == 0) {
            while (done < most && ready(uart, TRANSMITTER_EMPTY)) {
                uart.write(DATA, 1, context.memory().getByte(address + done++) & 0xff);
            }
        } else {
            while (done < most && ready(uart, DATA_READY)) {
                context.memory().putByte(address + done++, (byte) uart.read(DATA, 1));
            }
        }
        return Answer.of(done);
    }

    private static Answer writeByte(MmioHandler uart, long value) {
        for (int i = 0; i < PATIENCE; i++) {
            if (ready(uart, TRANSMITTER_EMPTY)) {
                uart.write(DATA, 1, value);
                return Answer.SUCCESS;
            }
            Thread.onSpinWait();
        }
        return Answer.FAILED;
    }

    private static boolean ready(MmioHandler uart, int bit) {
        return (uart.read(LINE_STATUS, 1) & bit) != 0;
    }
}
