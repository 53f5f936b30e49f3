package org.sterna.bench;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.sterna.machine.memory.GuestMemory;

/** The reference for everything that moves guest memory: a plain copy of it, in bytes per nanosecond (GB/s). */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class CopyBenchmark {
    private static final int SIZE = 64 << 20;

    private GuestMemory from;
    private GuestMemory to;

    /** Makes two memories and touches every page of the first. */
    @Setup
    public void allocate() {
        from = new GuestMemory(GuestProgram.RAM, SIZE);
        to = new GuestMemory(GuestProgram.RAM, SIZE);
        from.segment().fill((byte) 1);
    }

    /** Frees them. */
    @TearDown
    public void free() {
        from.close();
        to.close();
    }

    /** Copies one to the other. */
    @Benchmark
    @OperationsPerInvocation(SIZE)
    public MemorySegment copy() {
        return to.segment().copyFrom(from.segment());
    }
}
