package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.demo.DrillConsole;
import org.sterna.launcher.internal.demo.DrillReport;
import org.sterna.launcher.internal.demo.Stage;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Writes a guest whose memory is full into a file while it goes on writing to it, beside a plain file of as many bytes, and has
 * it come back: once in this process, which tells what a restoration takes, and once in a new one, which tells what a user waits.
 */
@Command(name = "snapshot", description = "Measure a snapshot beside a plain file, and how soon its guest is back.")
final class SnapshotBenchCommand implements Callable<Integer> {
    private static final String LOAD = " drill.rate=2000 drill.report=100";
    private static final long PATIENCE_S = 60;
    private static final int BUFFER = 1 << 20;

    private final Services services;

    @Mixin
    private Report report;
    @Option(names = "--memory", paramLabel = "SIZE", defaultValue = "4G", description = "Guest memory (default: 4G).")
    private String memory;
    @Option(names = "--folder", paramLabel = "DIR", description = "Where the file is written (default: a temporary folder).")
    private Path folder;

    SnapshotBenchCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var stage = new Stage(services.home(), services.lifetime());
        Path file = folder == null ? stage.file("guest", "sterna") : Files.createTempFile(folder, "guest", ".sterna");
        services.lifetime().keep(() -> Files.deleteIfExists(file));
        long bytes = MachineWords.memory(memory);
        Stage.Actor source = stage.running("source", bytes, "drill.pages=" + bytes / 4096 + LOAD);
        DrillConsole console = source.console();
        report.note(services, "the guest fills its memory ...");
        console.first();
        JsonNode written = source.snapshot(file);
        if (!written.path("status").asText().equals("completed")) {
            throw MachineException.failed("snapshot", "", written.path("error-desc").asText(), "");
        }
        console.next();
        source.end();
        long size = Files.size(file);
        double plain = plainWrite(file.resolveSibling(file.getFileName() + ".plain"), size);
        double snapshot = gigabytesPerSecond(size, TimeUnit.MILLISECONDS.toNanos(written.path("total-time").asLong()));
        double restore = restore(stage, file);
        long start = System.nanoTime();
        DrillConsole restored = stage.restoring("restored", file).console();
        DrillReport back = restored.ask();
        double process = Sample.milliseconds(System.nanoTime() - start);
        if (!restored.violation().isEmpty()) {
            report.note(services, restored.violation());
        }
        ObjectNode result = Json.object().put("memory", bytes).put("file_bytes", size).put("restore_ms", restore)
            .put("process_ms", process).put("guest_pause_ms", written.path("downtime").asLong())
            .put("rounds", written.path("ram").path("dirty-sync-count").asInt()).put("gb_per_s", snapshot)
            .put("plain_file_gb_per_s", plain).put("ratio", Math.round(snapshot / plain * 1000) / 1000.0)
            .put("violations", back.violations());
        report.result(services, result, () -> String.format(Locale.ROOT, "first instruction   %.0f ms after restore was called%n"
            + "guest answers       %.0f ms after its process was started%nguest pause         %d ms%n"
            + "snapshot             %.2f GB/s%nplain file           %.2f GB/s%nviolations           %d%n", restore, process,
            written.path("downtime").asLong(), snapshot, plain, back.violations()));
        return back.violations() == 0 ? 0 : 1;
    }

    private static double gigabytesPerSecond(long bytes, long nanos) {
        return Math.round(bytes * 1000.0 / Math.max(1, nanos)) / 1000.0;
    }

    /** Writes a file from the first byte to the last, as a snapshot onto the disk, and deletes it. */
    private static double plainWrite(Path file, long size) throws IOException {
        var buffer = ByteBuffer.allocateDirect(BUFFER);
        var random = new SplittableRandom(1);
        while (buffer.hasRemaining()) {
            buffer.putLong(random.nextLong());
        }
        long start = System.nanoTime();
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long done = 0; done < size; ) {
                done += channel.write(buffer.rewind().limit((int) Math.min(BUFFER, size - done)));
            }
            channel.force(false);
            return gigabytesPerSecond(size, System.nanoTime() - start);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** How long it takes until the guest has executed its first instruction, in ms. */
    private double restore(Stage stage, Path file) {
        long start = System.nanoTime();
        try (Machine machine = services.migrations().restore(file, "bench",
                Map.of("/serial@0", Map.of("path", stage.file("bench", "serial").toString())))) {
            while (machine.instructions() == 0) {
                if (System.nanoTime() - start > TimeUnit.SECONDS.toNanos(PATIENCE_S)) {
                    throw MachineException.failed("bench", "", "the guest does not go on: " + machine.why(), "");
                }
                Thread.onSpinWait();
            }
            return Sample.milliseconds(System.nanoTime() - start);
        }
    }
}
