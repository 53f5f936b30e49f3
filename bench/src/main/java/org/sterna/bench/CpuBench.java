package org.sterna.bench;

import java.util.List;

/** {@code ./sterna bench cpu}: the speed of the processor. */
public final class CpuBench {
    private CpuBench() {
    }

    /** Prints a table, or with {@code --json} one JSON document. */
    public static void main(String[] arguments) {
        System.exit(Report.run(arguments, List.of(CpuBenchmark.class), List.of(
            Report.Line.of("alu_mips", "arithmetic loop, million instructions per second", CpuBenchmark.class, "alu"),
            Report.Line.of("memory_mips", "load and store loop, million instructions per second", CpuBenchmark.class,
                "memory")), System.out, System.err));
    }
}
