package org.sterna.itests.bundles;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Machines;
import org.sterna.migration.ReceiveLimits;

/** Machines that run the drill guest on all three devices, with the serial line in a file. */
final class Drill {
    /** For receivers of machines whose files are those of their sources. */
    static final ReceiveLimits ANY_FILE = ReceiveLimits.DEFAULT.withAllowedPaths(List.of(Path.of("/")));
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
    private static final Pattern REPORT = Pattern.compile(
        "DRILL report seq=([0-9]+) checks=([0-9]+) violations=([0-9]+) .* barriers=([0-9]+)\\R");
    private final Path folder;
    private int consoles;

    Drill(Path folder) {
        this.folder = folder;
    }

    /**
     * What the guest has found.
     *
     * @param barriers how many times it has seen barriers keep requests in their order
     */
    record Report(long seq, long checks, long violations, long barriers) {
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    /** A new file for a serial line. */
    Path console() {
        return file("console" + ++consoles);
    }

    /** The disk of the machine with some console. */
    Path disk(Path console) {
        return file(console.getFileName() + ".disk");
    }

    /**
     * A machine of which the devices of some types come in certain versions of their bundles.
     *
     * @param disk further properties of the disk, such as {@code registers=legacy}
     */
    MachineDefinition definition(String machineType, Path console, Map<String, String> versions, String... disk)
            throws IOException {
        try (var file = new RandomAccessFile(disk(console).toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        var devices = new ArrayList<DeviceDefinition>();
        for (String device : List.of("serial,backend=file,path=" + console, "pvclock",
                String.join(",", "virtio-blk,drive=" + disk(console), String.join(",", disk)).replaceAll(",$", ""))) {
            String version = versions.get(device.split(",")[0]);
            devices.add(DeviceDefinition.parse(version == null ? device : device + "," + Machines.BUNDLE + "=" + version));
        }
        return new MachineDefinition(console.getFileName().toString(), machineType, 32 << 20, 1, Map.of("kernel",
            Checkout.file("guest.drill/drill.img").toString(), "append", "drill.rate=2000 drill.pages=512 drill.report=100"),
            Map.of(), devices);
    }

    /** The same machine with more bootargs. */
    static MachineDefinition appending(String bootargs, MachineDefinition definition) {
        var board = new TreeMap<>(definition.board());
        board.merge("append", bootargs, (before, more) -> before + " " + more);
        return new MachineDefinition(definition.name(), definition.machineType(), definition.memory(), definition.processors(),
            board, definition.processor(), definition.devices());
    }

    /** The same as a configuration. */
    Map<String, Object> configuration(String machineType, Path console) throws IOException {
        MachineDefinition definition = definition(machineType, console, Map.of());
        return Map.of("machine", machineType, "memory", (definition.memory() >> 20) + "M", "board", board(),
            "devices", devices(console, disk(console)));
    }

    /** The properties of the board that boots the guest. */
    static String[] board() {
        return new String[] {"kernel=" + Checkout.file("guest.drill/drill.img"),
            "append=drill.rate=2000 drill.pages=512 drill.report=100"};
    }

    /** All three devices. */
    static String[] devices(Path console, Path disk) {
        return new String[] {"serial,backend=file,path=" + console, "pvclock", "virtio-blk,drive=" + disk};
    }

    /** Boots a machine and waits until its guest has reported twice. */
    Machine boot(Machines machines, Path console, MachineDefinition definition) throws IOException {
        Machine machine = machines.create(definition);
        machine.attach();
        machine.boot();
        await(console, report -> report.seq() >= 2);
        return machine;
    }

    /** The last report, or null. */
    static Report last(Path console) throws IOException {
        Report last = null;
        Matcher matcher = REPORT.matcher(text(console));
        while (matcher.find()) {
            last = new Report(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)),
                Long.parseLong(matcher.group(3)), Long.parseLong(matcher.group(4)));
        }
        return last;
    }

    static String text(Path console) throws IOException {
        return Files.exists(console) ? Files.readString(console) : "";
    }

    /** Waits for a report; a guest that has fallen silent is a failure too. */
    static Report await(Path console, Predicate<Report> condition) throws IOException {
        long deadline = System.nanoTime() + PATIENCE;
        while (true) {
            Report report = last(console);
            if (report != null && condition.test(report)) {
                return report;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain: " + text(console));
            }
            LockSupport.parkNanos(5_000_000);
        }
    }
}
