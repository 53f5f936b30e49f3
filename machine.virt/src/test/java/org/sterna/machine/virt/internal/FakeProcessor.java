package org.sterna.machine.virt.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.state.Field;

/** A processor that executes nothing and remembers what is done to it. */
public final class FakeProcessor implements Processor<FakeProcessor.Nothing> {
    private static final long PATIENCE_NANOS = 10_000_000_000L;

    /** Its state. */
    public record Nothing(@Field(1) int none) {
    }

    private final long[] registers = new long[32];
    private final TreeSet<Integer> high = new TreeSet<>();
    private boolean halted = true;
    private long programCounter;
    private int resets;
    private int forgotten;

    /** Whether an input is high. */
    public synchronized boolean high(int input) {
        return high.contains(input);
    }

    /** Waits until an input is high. */
    public void awaitHigh(int input) {
        await(() -> high.contains(input));
    }

    private synchronized void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        try {
            while (!condition.getAsBoolean()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new AssertionError("waited in vain, high are " + high);
                }
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** How often it has been reset. */
    public int resets() {
        return resets;
    }

    /** How often it has forgotten translations. */
    public int forgotten() {
        return forgotten;
    }

    /** The registers from a0 on. */
    public List<Long> arguments(int count) {
        var list = new ArrayList<Long>();
        for (int i = 0; i < count; i++) {
            list.add(registers[10 + i]);
        }
        return list;
    }

    @Override
    public synchronized void interrupt(int input, boolean level) {
        if (level) {
            high.add(input);
        } else {
            high.remove(input);
        }
        notifyAll();
    }

    @Override
    public void reset() {
        resets++;
        halted = true;
    }

    @Override
    public void boot(long address, long... arguments) {
        halted = false;
        programCounter = address;
        System.arraycopy(arguments, 0, registers, 10, arguments.length);
    }

    @Override
    public void halt() {
        halted = true;
    }

    @Override
    public boolean halted() {
        return halted;
    }

    @Override
    public void run() {
        throw new UnsupportedOperationException("executes nothing");
    }

    @Override
    public void forgetMarkedPages() {
        throw new UnsupportedOperationException("marks nothing");
    }

    @Override
    public void forgetTranslations() {
        forgotten++;
    }

    @Override
    public long register(int number) {
        return registers[number];
    }

    @Override
    public void setRegister(int number, long value) {
        registers[number] = value;
    }

    /** Tells numbers apart. */
    @Override
    public long controlRegister(int number) {
        return number;
    }

    @Override
    public long programCounter() {
        return programCounter;
    }

    @Override
    public long instructions() {
        return 0;
    }

    @Override
    public Nothing state() {
        return new Nothing(0);
    }

    @Override
    public void restore(Nothing state) {
        halted = true;
    }
}
