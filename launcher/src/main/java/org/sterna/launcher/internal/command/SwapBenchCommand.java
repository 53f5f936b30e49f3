package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.demo.DrillConsole;
import org.sterna.launcher.internal.demo.DrillReport;
import org.sterna.launcher.internal.demo.Stage;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Swaps the disk of a guest that works on it without a break, up to the installed version and down to the released one. */
@Command(name = "swap", description = "Measure how long a guest at work stands still for the swap of its disk.")
final class SwapBenchCommand implements Callable<Integer> {
    private static final String DISK = "/virtio-blk@0";
    private static final String TYPE = "virtio-blk";
    private static final String RELEASED = "1.0.0";
    private static final long MEMORY = 64 << 20;
    private static final long DISK_BYTES = 16 << 20;
    /** More jobs than the guest can do. */
    private static final String LOAD = "drill.rate=500 drill.pages=512 drill.report=100 drill.disk-rate=20000";

    private final Services services;

    @Mixin
    private Report report;
    @Option(names = "--swaps", paramLabel = "N", description = "How many swaps (1000).")
    private int swaps = 1000;
    @Option(names = "--warmup", paramLabel = "N", description = "How many before that are not measured (100).")
    private int warmup = 100;

    SwapBenchCommand(Services services) {
        this.services = services;
    }

    @Override
    public Integer call() throws IOException, InterruptedException, BundleException {
        if (swaps < 1 || warmup < 0) {
            throw MachineException.usage("bench swap", "", "there is at least one swap", "");
        }
        var stage = new Stage(services.home(), services.lifetime());
        installReleased(stage);
        String newest = services.machines().models(TYPE).getFirst().version().toString();
        Machine machine = services.lifetime().keep(services.machines().create(definition(stage)));
        machine.attach();
        machine.boot();
        DrillConsole console = services.lifetime().keep(stage.console("guest"));
        DrillReport before = console.first();
        var pauses = new long[swaps];
        int failures = 0;
        for (int i = -warmup; i < swaps; i++) {
            String to = version(machine).equals(newest) ? RELEASED : newest;
            Swap swap = services.migrations().swap(machine, DISK, to, SwapOptions.DEFAULT);
            if (!swap.done()) {
                failures++;
                report.note(services, swap.reasons().toString());
            }
            if (i >= 0) {
                pauses[i] = swap.pause();
            }
        }
        DrillReport after = console.ask();
        if (!console.violation().isEmpty()) {
            report.note(services, console.violation());
        }
        var sample = new Sample(pauses);
        int failed = failures;
        ObjectNode result = Json.object().put("swaps", swaps);
        result.set("pause_ms", sample.json());
        result.put("failures", failures).put("guest_checks", after.checks() - before.checks()).put("violations", after.violations());
        report.result(services, result, () -> String.format(Locale.ROOT, "guest pause   %s%nfailures      %d of %d%nguest         %d checks,"
            + " %d violations%n", sample, failed, swaps, after.checks() - before.checks(), after.violations()));
        return failures == 0 && after.violations() == 0 ? 0 : 1;
    }

    private static void installReleased(Stage stage) throws IOException, BundleException {
        BundleContext context = FrameworkUtil.getBundle(SwapBenchCommand.class).getBundleContext();
        try (Stream<Path> jars = Files.list(stage.image("release"))) {
            for (Path jar : jars.filter(path -> path.getFileName().toString().contains(TYPE)).toList()) {
                context.installBundle("reference:" + jar.toUri()).start();
            }
        }
    }

    private static String version(Machine machine) {
        return machine.parts().stream().filter(part -> part.path().equals(DISK)).findFirst().orElseThrow().version().toString();
    }

    private static MachineDefinition definition(Stage stage) throws IOException {
        Path drive = stage.file("disk", "img");
        try (var file = new RandomAccessFile(drive.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        return new MachineDefinition("bench", "virt-1.0", MEMORY, 1,
            Map.of("kernel", stage.image("drill.img").toString(), "append", LOAD), Map.of(), List.of(
                new DeviceDefinition(TYPE, Map.of("drive", drive.toString())), new DeviceDefinition("pvclock", Map.of()),
                new DeviceDefinition("serial", Map.of("backend", "unix", "path", stage.file("guest", "serial").toString()))));
    }
}
