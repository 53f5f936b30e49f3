package org.sterna.cpu.riscv64.internal.suite;

import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.sterna.cpu.riscv64.internal.Hart;
import org.sterna.cpu.riscv64.internal.HartContext;
import org.sterna.machine.memory.GuestMemory;

/** Runs one file of a test suite that reports by writing its result to the word {@code tohost}. */
final class SuiteRun {
    private static final long RAM_BASE = 0x8000_0000L;
    private static final long RAM_SIZE = 64L << 20;
    /** After so many steps a test that has not reported hangs. */
    private static final long MOST_STEPS = 10_000_000;

    private SuiteRun() {
    }

    /**
     * The outcome of one file.
     *
     * @param file   its name
     * @param passed whether it says that all its tests passed
     * @param detail what went wrong, or the empty string
     */
    record Result(String file, boolean passed, String detail) {
    }

    static Result of(Path file) {
        return of(file, MOST_STEPS);
    }

    /** Runs a file; a step goes at least to the next jump backwards, except if the hart waits for an interrupt. */
    static Result of(Path file, long mostSteps) {
        String name = file.getFileName().toString();
        try (var memory = new GuestMemory(RAM_BASE, RAM_SIZE)) {
            ElfFile elf = ElfFile.read(file);
            OptionalLong tohost = elf.symbol("tohost");
            if (tohost.isEmpty() || !memory.contains(tohost.getAsLong(), 8)) {
                return new Result(name, false, "has no symbol tohost in guest memory");
            }
            elf.load(memory);
            String failure = run(memory, elf.entry(), tohost.getAsLong(), mostSteps);
            return new Result(name, failure.isEmpty(), failure);
        } catch (IOException | ElfFile.ElfException e) {
            return new Result(name, false, String.valueOf(e.getMessage()));
        }
    }

    private static String run(GuestMemory memory, long entry, long tohost, long mostSteps) {
        HartContext context = HartContext.bare(memory);
        var hart = new Hart(context);
        hart.boot(entry, 0);
        // With a safe point requested all the time, a step ends at the next jump, and waiting does not sleep.
        context.control().requestSafePoint(true);
        for (long steps = 0; steps < mostSteps; steps++) {
            long result = memory.getLong(tohost);
            if (result == 1) {
                return "";
            }
            if (result != 0) {
                return "test " + (result >>> 1) + " failed";
            }
            hart.step();
        }
        return "no result after " + hart.instructions() + " instructions";
    }
}
