package org.sterna.machine.virt.internal.interrupt;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.sterna.machine.memory.MmioHandler;

/**
 * SiFive's core-local interruptor ({@code sifive,clint0}): machine-mode software and timer interrupts. {@code mtime}
 * is guest time and cannot be written, since the harts' {@code time} register is the same counter.
 */
public final class Clint implements MmioHandler {
    /** The size of its registers in bytes. */
    public static final long SIZE = 0x1_0000;
    private static final long COMPARE = 0x4000;
    private static final long TIME = 0xbff8;

    private final TimeCounter counter;
    private final HartInputs inputs;
    private final boolean[] software;
    private final List<Comparator> comparators;

    /** A core-local interruptor after power-on. */
    public Clint(int harts, TimeCounter counter, HartInputs inputs) {
        this.counter = counter;
        this.inputs = inputs;
        this.software = new boolean[harts];
        this.comparators = IntStream.range(0, harts)
            .mapToObj(hart -> new Comparator(counter, inputs, hart, HartInputs.MACHINE_TIMER)).toList();
    }

    @Override
    public long read(long offset, int size) {
        if (size < 4) {
            return 0;
        }
        if (offset < COMPARE) {
            return size == 4 ? software(offset / 4) : 0;
        }
        long register = offset & ~7L;
        long value;
        if (register == TIME) {
            value = counter.ticks();
        } else if ((register - COMPARE) / 8 < comparators.size()) {
            value = comparators.get((int) (register - COMPARE) / 8).value();
        } else {
            return 0;
        }
        return size == 8 ? value : value >>> (offset & 4) * 8 & 0xffff_ffffL;
    }

    private synchronized long software(long hart) {
        return hart < software.length && software[(int) hart] ? 1 : 0;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset < COMPARE && size == 4 && offset / 4 < software.length) {
            setSoftware((int) offset / 4, (value & 1) != 0);
        } else if (offset >= COMPARE && size >= 4 && (offset - COMPARE) / 8 < comparators.size()) {
            Comparator comparator = comparators.get((int) (offset - COMPARE) / 8);
            if (size == 8) {
                comparator.set(value);
            } else {
                comparator.setHalf((offset & 4) != 0, value);
            }
        }
    }

    private synchronized void setSoftware(int hart, boolean pending) {
        software[hart] = pending;
        inputs.set(hart, HartInputs.MACHINE_SOFTWARE, pending);
    }

    /** Brings it into the state after power-on. */
    public void reset() {
        restore(new ClintState(Stream.generate(() -> false).limit(software.length).toList(),
            Stream.generate(() -> TimeCounter.NEVER).limit(software.length).toList()));
    }

    /** Its state. */
    public synchronized ClintState state() {
        return new ClintState(IntStream.range(0, software.length).mapToObj(hart -> software[hart]).toList(),
            comparators.stream().map(Comparator::value).toList());
    }

    /** Takes over a state, drives every input and arms the timers that are still to come. */
    public synchronized void restore(ClintState state) {
        if (state.software().size() != software.length) {
            throw new IllegalArgumentException(
                "clint: of " + state.software().size() + " harts, the machine has " + software.length);
        }
        for (int hart = 0; hart < software.length; hart++) {
            setSoftware(hart, state.software().get(hart));
            comparators.get(hart).set(state.compare().get(hart));
        }
    }

    /** Drives every input as the state says. */
    public synchronized void drive() {
        restore(state());
    }
}
