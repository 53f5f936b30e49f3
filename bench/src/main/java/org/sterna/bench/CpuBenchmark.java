package org.sterna.bench;

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

/** Guest instructions per microsecond (MIPS) in loops of eight instructions. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CpuBenchmark {
    private static final int TIMES = 1_000_000;
    private static final int INSTRUCTIONS = 8 * TIMES;

    private GuestProgram alu;
    private GuestProgram memory;

    /** Loads the two programs. */
    @Setup
    public void load() {
        alu = new GuestProgram(2 << 20,
            GuestProgram.add(GuestProgram.A1, GuestProgram.A1, GuestProgram.A0),
            GuestProgram.xor(GuestProgram.A2, GuestProgram.A2, GuestProgram.A1),
            GuestProgram.slli(GuestProgram.A3, GuestProgram.A1, 3),
            GuestProgram.add(GuestProgram.A4, GuestProgram.A4, GuestProgram.A3),
            GuestProgram.srli(GuestProgram.A5, GuestProgram.A2, 7),
            GuestProgram.and(GuestProgram.A2, GuestProgram.A5, GuestProgram.A4));
        memory = new GuestProgram(2 << 20,
            GuestProgram.ld(GuestProgram.A1, GuestProgram.S0, 0),
            GuestProgram.addi(GuestProgram.A1, GuestProgram.A1, 1),
            GuestProgram.sd(GuestProgram.A1, GuestProgram.S0, 0),
            GuestProgram.lw(GuestProgram.A2, GuestProgram.S0, 16),
            GuestProgram.add(GuestProgram.A2, GuestProgram.A2, GuestProgram.A1),
            GuestProgram.sw(GuestProgram.A2, GuestProgram.S0, 16));
    }

    /** Frees guest memory. */
    @TearDown
    public void free() {
        alu.close();
        memory.close();
    }

    /** Arithmetic in registers. */
    @Benchmark
    @OperationsPerInvocation(INSTRUCTIONS)
    public long alu() {
        return alu.run(TIMES);
    }

    /** LD, SD, LW and SW. */
    @Benchmark
    @OperationsPerInvocation(INSTRUCTIONS)
    public long memory() {
        return memory.run(TIMES);
    }
}
