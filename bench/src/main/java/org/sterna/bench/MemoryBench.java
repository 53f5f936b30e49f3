package org.sterna.bench;

import java.util.List;

/** {@code ./sterna bench memory}: the cost of dirty tracking. */
public final class MemoryBench {
    private MemoryBench() {
    }

    /** Prints a table, or with {@code --json} one JSON document. */
    public static void main(String[] arguments) {
        System.exit(Report.run(arguments, List.of(DirtyLogBenchmark.class, CopyBenchmark.class), List.of(
            Report.Line.of("store_mips_idle", "guest stores without harvests, million per second",
                DirtyLogBenchmark.class, "storesIdle"),
            Report.Line.of("store_mips_tracked", "guest stores with harvests, million per second",
                DirtyLogBenchmark.class, "storesTracked"),
            Report.Line.of("harvest_us", "marking and harvesting 256 pages, microseconds", DirtyLogBenchmark.class,
                "harvest"),
            Report.Line.of("raw_copy_gb_per_s", "plain copy of guest memory, GB per second", CopyBenchmark.class,
                "copy")), System.out, System.err));
    }
}
