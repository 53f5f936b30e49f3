package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.ReceiveOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Sends a real machine full of random bytes from hop to hop over loopback, beside a raw socket that carries as many bytes
 * in the same process, in turn, so that a noisy host is noisy for both.
 */
@Command(name = "migration", description = "Measure migration over loopback beside a raw socket in the same run.")
final class MigrationBenchCommand implements Callable<Integer> {
    private final Services services;

    @Mixin
    private Report report;

    @Option(names = "--mib", paramLabel = "N", description = "MiB of guest memory (1024).")
    private int mib = 1024;

    @Option(names = "--runs", paramLabel = "N", description = "How many hops; the best counts (10).")
    private int runs = 10;

    MigrationBenchCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws Exception {
        long bytes = (long) mib << 20;
        double raw = raw(bytes);
        double migration = 0;
        Machine guest = fullOfNoise(bytes);
        try {
            for (int i = 0; i < runs; i++) {
                long start = System.nanoTime();
                Machine arrived = hop(guest, "bench-" + i);
                migration = Math.max(migration, bytes / (double) (System.nanoTime() - start));
                guest.close();
                guest = arrived;
                raw = Math.max(raw, raw(bytes));
            }
        } finally {
            guest.close();
        }
        ObjectNode result = Json.object().put("gb_per_s", rounded(migration)).put("raw_loopback_gb_per_s", rounded(raw))
            .put("ratio", rounded(migration / raw));
        double best = migration;
        double rawBest = raw;
        report.result(services, result, () -> String.format(Locale.ROOT,
            "migration    %.2f GB/s%nraw loopback %.2f GB/s%nratio        %.2f%n", best, rawBest, best / rawBest));
        return 0;
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }

    private static double raw(long bytes) throws Exception {
        try (var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            var sent = CompletableFuture.runAsync(() -> send(server, bytes));
            try (var line = server.accept()) {
                var buffer = ByteBuffer.allocateDirect(1 << 20);
                long start = System.nanoTime();
                while (line.read(buffer) >= 0) {
                    buffer.clear();
                }
                sent.get();
                return bytes / (double) (System.nanoTime() - start);
            }
        }
    }

    private static void send(ServerSocketChannel server, long bytes) {
        try (var line = SocketChannel.open(server.getLocalAddress())) {
            var buffer = ByteBuffer.allocateDirect(1 << 20);
            for (long done = 0; done < bytes; done += buffer.capacity()) {
                buffer.clear();
                while (buffer.hasRemaining()) {
                    line.write(buffer);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A guest at rest, of which every page has to go. */
    private Machine fullOfNoise(long bytes) {
        Machine machine = services.machines().create(
            new MachineDefinition("bench", "virt-1.0", bytes, 1, Map.of(), Map.of(), List.of()));
        var random = new SplittableRandom(1);
        for (long offset = 0; offset < bytes; offset += Long.BYTES) {
            machine.memory().segment().set(ValueLayout.JAVA_LONG, offset, random.nextLong());
        }
        machine.attach();
        machine.restored();
        return machine;
    }

    private Machine hop(Machine guest, String name) throws Exception {
        var arrived = new CompletableFuture<Machine>();
        var options = new ReceiveOptions(name, Map.of(), arrived::complete, reason -> { });
        try (var receiver = services.migrations().receive(new Endpoint.Tcp("127.0.0.1", 0), options)) {
            MigrationStatus status = services.migrations().migrate(guest, receiver.endpoint(), MigrationOptions.DEFAULT)
                .result().get();
            if (status.phase() != MigrationStatus.Phase.COMPLETED) {
                throw new MachineException(MachineException.Kind.FAILED, status.reasons());
            }
            return arrived.get();
        }
    }
}
