package org.sterna.migration.internal.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.sterna.machine.Machine;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.internal.MigrationService;

/**
 * Migrates random RAM over loopback, beside a raw socket in the same process, and prints the best of some runs of each
 * as JSON. Arguments: MiB of RAM (1024), runs (5).
 */
public final class LoopbackBenchmark {
    private LoopbackBenchmark() {
    }

    /** Runs it. */
    public static void main(String[] arguments) throws Exception {
        long bytes = (arguments.length > 0 ? Long.parseLong(arguments[0]) : 1024) << 20;
        int runs = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        double raw = 0;
        double migration = 0;
        for (int i = 0; i < runs; i++) {
            raw = Math.max(raw, raw(bytes));
            migration = Math.max(migration, migration(bytes));
        }
        System.out.printf("{\"gb_per_s\":%.3f,\"raw_loopback_gb_per_s\":%.3f,\"ratio\":%.3f}%n", migration, raw, migration / raw);
    }

    private static double raw(long bytes) throws Exception {
        try (var server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            var sent = CompletableFuture.runAsync(() -> {
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
            });
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

    private static double migration(long bytes) throws Exception {
        var disk = new FakeMachine.Disk();
        var host = new FakeHost(true, disk);
        var other = new FakeHost(true, disk);
        var sending = new MigrationService(host);
        var receiving = new MigrationService(other);
        FakeMachine source = host.build("guest", FakeHost.abi(bytes), Map.of());
        var random = new Random(1);
        for (long offset = 0; offset < bytes; offset += 8) {
            source.memory().segment().set(java.lang.foreign.ValueLayout.JAVA_LONG, offset, random.nextLong());
        }
        source.restored();
        source.attach();
        var options = new ReceiveOptions("arrival", Map.of(), machine -> { }, System.err::println);
        try (var receiver = receiving.receive(new Endpoint.Tcp("127.0.0.1", 0), options)) {
            MigrationStatus status = sending.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT).result().get();
            if (status.phase() != MigrationStatus.Phase.COMPLETED) {
                throw new IllegalStateException(status.toString());
            }
            return bytes / (double) status.elapsed();
        } finally {
            other.running().forEach(Machine::close);
            sending.close();
            receiving.close();
        }
    }
}
