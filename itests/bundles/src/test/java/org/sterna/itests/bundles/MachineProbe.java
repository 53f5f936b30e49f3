package org.sterna.itests.bundles;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Machines;

/**
 * Machines of 16 MiB with one device of each type, in which the probe guest runs: once as a kernel in supervisor mode, and
 * once as firmware in machine mode. The size of memory is fixed since a guest sees it, and where the device tree is; the
 * disk has 4 MiB for the same reason.
 */
final class MachineProbe {
    private static final long MEMORY = 16 << 20;
    private static final long DISK = 4 << 20;
    private static final int PATIENCE_SECONDS = 240;
    private static final String IMAGE = "guest.drill/probe.img";

    private final Machines machines;
    private final Path folder;
    private int runs;

    MachineProbe(Machines machines, Path folder) {
        this.machines = machines;
        this.folder = folder;
    }

    /**
     * A machine as a user asks for it.
     *
     * @param type       the machine type
     * @param properties the text of properties, by the type of the part
     */
    record Wish(String type, Map<String, Map<String, String>> properties) {
        static Wish of(String type) {
            return new Wish(type, Map.of());
        }

        /** The same with another property. */
        Wish with(String part, String property, String value) {
            var more = new LinkedHashMap<>(properties);
            var ofPart = new LinkedHashMap<>(more.getOrDefault(part, Map.of()));
            ofPart.put(property, value);
            more.put(part, ofPart);
            return new Wish(type, more);
        }

        private Map<String, String> of(String part, Map<String, String> needed) {
            var all = new LinkedHashMap<>(properties.getOrDefault(part, Map.of()));
            all.putAll(needed);
            return all;
        }
    }

    /** All that a guest sees, in both modes. */
    Facts run(Wish wish) throws IOException, InterruptedException {
        return run(wish, "supervisor", Map.of("kernel", image())).and(
            run(wish, "machine", Map.of("bios", image(), "firmware", "image")));
    }

    /** The machine of a wish, which has not been started. */
    Machine create(Wish wish) throws IOException {
        return machines.create(definition(wish, "probe" + ++runs, Map.of("kernel", image())));
    }

    private static String image() {
        return Checkout.file(IMAGE).toString();
    }

    private Path console(String name) {
        return folder.resolve(name + ".console");
    }

    private MachineDefinition definition(Wish wish, String name, Map<String, String> boot) throws IOException {
        Path disk = folder.resolve(name + ".disk");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(DISK);
        }
        var devices = new ArrayList<DeviceDefinition>();
        devices.add(new DeviceDefinition("serial",
            wish.of("serial", Map.of("backend", "file", "path", console(name).toString()))));
        devices.add(new DeviceDefinition("pvclock", wish.of("pvclock", Map.of())));
        devices.add(new DeviceDefinition("virtio-blk", wish.of("virtio-blk", Map.of("drive", disk.toString()))));
        return new MachineDefinition(name, wish.type(), MEMORY, 1, wish.of("virt", boot), wish.of("riscv64", Map.of()), devices);
    }

    private Facts run(Wish wish, String mode, Map<String, String> boot) throws IOException, InterruptedException {
        String name = "probe" + ++runs;
        var stopped = new CountDownLatch(1);
        String why;
        try (Machine machine = machines.create(definition(wish, name, boot))) {
            machine.onPhase(phase -> {
                if (phase == Machine.Phase.STOPPED) {
                    stopped.countDown();
                }
            });
            machine.attach();
            machine.boot();
            if (!stopped.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("the probe has not come to its end in " + mode + " mode of " + wish);
            }
            why = machine.why();
        }
        List<String> lines = Files.readAllLines(console(name));
        if (lines.isEmpty() || !lines.getFirst().equals("PROBE begin") || !lines.getLast().equals("PROBE end")) {
            throw new AssertionError("the probe broke off in " + mode + " mode of " + wish + " (" + why + "): " + lines);
        }
        return Facts.of(lines.subList(1, lines.size() - 1).stream().map(line -> mode + " " + line).toList());
    }
}
