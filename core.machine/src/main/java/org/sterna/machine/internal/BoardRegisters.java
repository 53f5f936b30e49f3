package org.sterna.machine.internal;

import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.memory.MmioHandler;

/** The registers of a board: what they throw is the board's fault and not that of the processor that accesses them. */
record BoardRegisters(MmioHandler handler, Plugin board) implements MmioHandler {
    /** Guards all registers that a board has put on its bus. */
    static void guard(MmioBus bus, Plugin board) {
        var regions = bus.regions().stream().filter(region -> region.owner().equals(board.path())).toList();
        bus.unmap(board.path());
        regions.forEach(region -> bus.map(new MmioBus.Region(region.owner(), region.base(), region.size(),
            new BoardRegisters(region.handler(), board))));
    }

    @Override
    public long read(long offset, int size) {
        try {
            return handler.read(offset, size);
        } catch (Throwable e) {
            throw board.failure("read()", e);
        }
    }

    @Override
    public void write(long offset, int size, long value) {
        try {
            handler.write(offset, size, value);
        } catch (Throwable e) {
            throw board.failure("write()", e);
        }
    }
}
