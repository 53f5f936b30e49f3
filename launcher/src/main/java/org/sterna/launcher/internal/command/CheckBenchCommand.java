package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.demo.Stage;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Asks a receiver in another process about a running machine with many devices, again and again, while its guest measures how
 * long it is kept from going on. Between two questions the guest is left alone for as long as the last one took, so that what
 * the host does to both can be told from what the question does.
 */
@Command(name = "check", description = "Measure how long a verdict takes over loopback, and what the guest notices of it.")
final class CheckBenchCommand implements Callable<Integer> {
    private static final long MEMORY = 64 << 20;
    private static final long DISK = 1 << 20;
    private static final int CLOCKS = 16;
    /** A serial line, the clocks, and as many block devices as the default interrupt controller serves. */
    private static final int MOST = 1 + CLOCKS + 55;

    private final Services services;

    @Mixin
    private Report report;
    @Option(names = "--devices", paramLabel = "N", description = "How many devices the machine has (64).")
    private int number = 64;
    @Option(names = "--runs", paramLabel = "N", description = "How often to ask (200).")
    private int runs = 200;

    CheckBenchCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (number < 1 || number > MOST || runs < 1) {
            throw MachineException.usage("bench check", "", "there are 1 to " + MOST + " devices, and at least one run", "");
        }
        var stage = new Stage(services.home(), services.lifetime());
        Endpoint peer = stage.listening("receiver").awaitListening();
        Machine machine = services.lifetime().keep(services.machines().create(definition(stage)));
        machine.attach();
        machine.boot();
        Set<Machine.Phase> others = ConcurrentHashMap.newKeySet();
        machine.onPhase(others::add);
        var result = new Measurement(machine, peer).measure();
        if (!others.isEmpty()) {
            throw MachineException.failed(machine.name(), "", "it did not run all the time, but was " + others + ": "
                + machine.why(), "");
        }
        report.result(services, result.json(number), result::text);
        return 0;
    }

    private MachineDefinition definition(Stage stage) throws IOException {
        var devices = new ArrayList<DeviceDefinition>();
        devices.add(new DeviceDefinition("serial", Map.of("backend", "null")));
        for (int i = 0; i < Math.min(CLOCKS, number - 1); i++) {
            devices.add(new DeviceDefinition("pvclock", Map.of()));
        }
        int disks = number - devices.size();
        for (int i = 0; i < disks; i++) {
            Path drive = stage.file("disk-" + i, "img");
            try (var file = new RandomAccessFile(drive.toFile(), "rw")) {
                file.setLength(DISK);
            }
            devices.add(new DeviceDefinition("virtio-blk", Map.of("drive", drive.toString())));
        }
        var board = Map.of("kernel", stage.image(WatchGuest.IMAGE).toString(),
            "timebase", Long.toString(WatchGuest.TIMEBASE), "virtio-slots", Integer.toString(Math.max(8, disks)));
        return new MachineDefinition("bench", "virt", MEMORY, 1, board, Map.of(), devices);
    }

    /** Many questions about one machine to one peer. */
    private final class Measurement {
        private final Machine machine;
        private final Endpoint peer;
        private final WatchGuest guest;
        private final long[] verdicts = new long[runs];
        private final long[] stoodStill = new long[runs];
        private final long[] checked = new long[runs];
        private final long[] undisturbed = new long[runs];

        Measurement(Machine machine, Endpoint peer) {
            this.machine = machine;
            this.peer = peer;
            this.guest = new WatchGuest(machine);
        }

        Result measure() throws InterruptedException {
            guest.longestGap();
            long first = ask();
            for (int i = 0; i < runs; i++) {
                guest.longestGap();
                long guestTime = machine.clock().now();
                verdicts[i] = ask();
                // Guest time stands still whenever the guest does.
                stoodStill[i] = verdicts[i] - (machine.clock().now() - guestTime);
                checked[i] = guest.longestGap();
                long end = System.nanoTime() + verdicts[i];
                for (long left = verdicts[i]; left > 0; left = end - System.nanoTime()) {
                    LockSupport.parkNanos(left);
                }
                undisturbed[i] = guest.longestGap();
            }
            return new Result(Sample.milliseconds(first), new Sample(verdicts), Math.max(0, new Sample(stoodStill).max()),
                new Sample(checked), new Sample(undisturbed));
        }

        /** Returns how long the answer took. */
        private long ask() {
            long start = System.nanoTime();
            Verdict verdict = services.migrations().check(machine, peer, MigrationOptions.DEFAULT);
            long time = System.nanoTime() - start;
            if (!verdict.allowed() || verdict.sections().size() != machine.parts().size()) {
                throw new MachineException(MachineException.Kind.FAILED, verdict.reasons());
            }
            return time;
        }
    }

    /**
     * What was measured, in ms.
     *
     * @param first       the first verdict, for which both processes had to load what they need
     * @param verdicts    all others
     * @param stoodStill  the longest time that the machine stood still during one of them
     * @param checked     the longest times that the guest was kept from going on while one of them was made
     * @param undisturbed likewise, while the guest was left alone as long
     */
    private record Result(double first, Sample verdicts, double stoodStill, Sample checked, Sample undisturbed) {
        /** What a question adds: standing still, and being kept from going on for longer than without. */
        double pause() {
            return Math.round((stoodStill + Math.max(0, checked.percentile(99) - undisturbed.percentile(99))) * 1000) / 1000.0;
        }

        ObjectNode json(int devices) {
            ObjectNode json = Json.object().put("devices", devices).put("verdict_ms", verdicts.percentile(50))
                .put("verdict_p99_ms", verdicts.percentile(99)).put("first_verdict_ms", first).put("guest_pause_ms", pause())
                .put("stood_still_ms", stoodStill);
            ObjectNode gaps = json.putObject("longest_gap_ms");
            gaps.set("checked", checked.json());
            gaps.set("undisturbed", undisturbed.json());
            return json;
        }

        String text() {
            return String.format(Locale.ROOT, "verdict        %s; the first %.2f ms%n"
                + "guest pause    %.3f ms, of which the machine stood still for %.3f ms%n"
                + "longest gap    %s%n  left alone   %s%n", verdicts, first, pause(), stoodStill, checked, undisturbed);
        }
    }
}
