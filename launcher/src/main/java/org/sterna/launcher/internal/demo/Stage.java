package org.sterna.launcher.internal.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Lifetime;
import org.sterna.launcher.internal.control.MigrationRequest;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.migration.Endpoint;

/** The processes of a demonstration or a measurement, with their sockets and disks in one temporary folder. */
public final class Stage {
    private static final long DISK = 16 << 20;

    private final Path home;
    private final Lifetime lifetime;
    private final Path folder;

    /** A stage that is cleared at the end of a lifetime. */
    public Stage(Path home, Lifetime lifetime) throws IOException {
        this.home = home;
        this.lifetime = lifetime;
        folder = Files.createTempDirectory("sterna-stage-");
        lifetime.keep(this::clear);
    }

    private void clear() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A process with at most one machine. */
    public final class Actor {
        private final String name;
        private final ChildProcess process;

        private Actor(String name, List<String> command) {
            this.name = name;
            List<String> line = new ArrayList<>(command);
            line.addAll(List.of("--name", name, "--control", control().toString()));
            process = lifetime.keep(new ChildProcess(name, file(name, "log"), line));
        }

        private Endpoint control() {
            return new Endpoint.Unix(file(name, "control"));
        }

        /** Where it takes machines. */
        Endpoint landing() {
            return new Endpoint.Unix(file(name, "landing"));
        }

        /** Waits until it takes machines. */
        void awaitLanding() throws InterruptedException {
            process.await(file(name, "landing"));
        }

        /** The serial line of the guest that it has. */
        public DrillConsole console() throws InterruptedException {
            process.await(file(name, "serial"));
            return lifetime.keep(new DrillConsole(file(name, "serial")));
        }

        /** Asks another process for its verdict on the machine here. */
        JsonNode check(Actor target) {
            try (QmpClient client = QmpClient.connect(control(), event -> { })) {
                return client.execute("x-sterna-check", uri(target));
            }
        }

        /** Sends the machine away, and returns how that ended. */
        JsonNode migrate(Actor target, Consumer<JsonNode> progress) throws InterruptedException {
            return MigrationRequest.run(events -> QmpClient.connect(control(), events), "migration",
                "x-sterna-migrate", uri(target), progress).info();
        }

        /** Writes the machine into a file, and returns how that ended. */
        public JsonNode snapshot(Path file) throws InterruptedException {
            return MigrationRequest.run(events -> QmpClient.connect(control(), events), "snapshot", "x-sterna-snapshot",
                Json.object().put("file", file.toString()), progress -> { }).info();
        }

        /** Waits until it takes machines over TCP, and returns where. */
        public Endpoint awaitListening() throws InterruptedException {
            return Endpoint.parse(process.awaitLine("listening on ").split(",")[0]);
        }

        /** Ends the process. */
        public void end() throws InterruptedException {
            process.close();
        }

        private ObjectNode uri(Actor target) {
            return Json.object().put("uri", target.landing().toString());
        }
    }

    /** The serial line of a guest in this process. */
    public DrillConsole console(String name) {
        return new DrillConsole(file(name, "serial"));
    }

    /** A file of the stage. */
    public Path file(String name, String what) {
        return folder.resolve(name + "." + what);
    }

    /** A process that boots the drill guest on the installed bundles. */
    Actor running(String name, String machineType, String append) throws IOException {
        Path disk = file(name, "disk");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(DISK);
        }
        return new Actor(name, List.of("run", "--machine", machineType, "--memory", "64M",
            "--kernel", image("drill.img").toString(), "--append", append, "--device", "virtio-blk,drive=" + disk,
            "--device", "pvclock", "--device", serial(name)));
    }

    /** A process that boots the drill guest without a disk, which a snapshot would not hold. */
    public Actor running(String name, long memory, String append) {
        return new Actor(name, List.of("run", "--memory", Long.toString(memory), "--kernel", image("drill.img").toString(),
            "--append", append + " drill.disk=off", "--device", "pvclock", "--device", serial(name)));
    }

    /** A process that goes on with the machine of a file. */
    public Actor restoring(String name, Path file) {
        return new Actor(name, List.of("restore", file.toString(), "--map", "/serial@0.path=" + file(name, "serial")));
    }

    /** A process that takes machines over TCP, on the installed bundles. */
    public Actor listening(String name) {
        return new Actor(name, withItsFiles("receive", "--listen", "tcp:127.0.0.1:0"));
    }

    /** A command of a process in which machines keep the disks and the kernel that they have elsewhere on this stage. */
    private List<String> withItsFiles(String... command) {
        var words = new ArrayList<>(List.of(command));
        words.addAll(List.of("--allow-path", folder.toString(), "--allow-path", home.resolve("demo").toString()));
        return words;
    }

    private String serial(String name) {
        return "serial,backend=unix,path=" + file(name, "serial");
    }

    /** A process that takes machines, on the installed bundles or on released ones. */
    Actor waiting(String name, boolean released) {
        List<String> command = withItsFiles("receive", "--listen", "unix:" + file(name, "landing"),
            "--map", "/serial@0.path=" + file(name, "serial"));
        if (released) {
            command.addAll(List.of("--bundles", image("release").toString()));
        }
        return new Actor(name, command);
    }

    /** What the installation brings for demonstrations and measurements. */
    public Path image(String name) {
        Path path = home.resolve("demo").resolve(name);
        if (!Files.exists(path)) {
            throw new UncheckedIOException(new IOException("the installation lacks " + path));
        }
        return path;
    }
}
