package org.sterna.bench;

import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.sterna.machine.memory.DirtyLog;

/** What the dirty log costs: a guest that stores to a working set of pages, with and without a reader. */
@State(Scope.Thread)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class DirtyLogBenchmark {
    /** Pages that the guest keeps writing; no more than the processor's TLB has entries. */
    private static final int PAGES = 256;
    private static final int TIMES = 1_000_000;
    private static final int STORES = 4 * TIMES;
    private static final long MEMORY = 64 << 20;
    /** How often the guest is harvested meanwhile, so that a harvest comes every few milliseconds. */
    private static final int SLICES = 4;

    private final BitSet pages = new BitSet();
    private GuestProgram guest;
    private DirtyLog.Reader reader;

    /** Loads the guest: every turn stores to four places of the next page. */
    @Setup
    public void load() {
        guest = new GuestProgram(MEMORY,
            GuestProgram.sd(GuestProgram.A0, GuestProgram.S1, 0),
            GuestProgram.sd(GuestProgram.A0, GuestProgram.S1, 512),
            GuestProgram.sd(GuestProgram.A0, GuestProgram.S1, 1024),
            GuestProgram.sd(GuestProgram.A0, GuestProgram.S1, 1536),
            GuestProgram.slli(GuestProgram.A1, GuestProgram.A0, 64 - Integer.numberOfTrailingZeros(PAGES)),
            GuestProgram.srli(GuestProgram.A1, GuestProgram.A1, 64 - Integer.numberOfTrailingZeros(PAGES) - 12),
            GuestProgram.add(GuestProgram.S1, GuestProgram.S0, GuestProgram.A1));
        guest.memory().dirtyLog().onHarvest(guest.hart()::forgetMarkedPages);
        reader = guest.memory().dirtyLog().open();
    }

    /** Frees guest memory. */
    @TearDown(Level.Trial)
    public void free() {
        reader.close();
        guest.close();
    }

    /** Guest stores while nobody harvests. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    @OperationsPerInvocation(STORES)
    public long storesIdle() {
        return guest.run(TIMES);
    }

    /** Guest stores with a harvest every few milliseconds, after which every page has to be marked again. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    @OperationsPerInvocation(STORES)
    public long storesTracked() {
        long instructions = 0;
        for (int i = 0; i < SLICES; i++) {
            instructions += guest.run(TIMES / SLICES);
            pages.clear();
            reader.harvest(pages);
        }
        return instructions;
    }

    /** A harvest of 256 pages of a guest with 64 MiB, which have to be marked first. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    public int harvest() {
        for (int page = 0; page < PAGES; page++) {
            guest.memory().dirtyLog().mark(GuestProgram.DATA + 4096L * page, 8);
        }
        pages.clear();
        return reader.harvest(pages);
    }
}
