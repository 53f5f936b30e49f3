package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.machine.Machine;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;

/** What a control socket understands. The names and forms are QMP's, except those that start with {@code x-sterna-}. */
final class QmpCommands {
    /** One command. */
    private interface Command {
        JsonNode execute(Arguments arguments) throws QmpException;
    }

    /** One command without arguments. */
    private interface Query {
        JsonNode ask() throws QmpException;
    }

    /** One command without arguments that has nothing to say. */
    private interface Action {
        void execute() throws QmpException;
    }

    /** A member of the greeting: a command comes before {@code qmp_capabilities}, see {@link QmpSession#AUTHENTICATE}. */
    static final String TOKEN_WANTED = "x-sterna-token-wanted";

    private final MachineControl control;
    private final Map<String, Command> commands = new TreeMap<>();

    QmpCommands(MachineControl control) {
        this.control = control;
        query("query-status", this::status);
        query("query-name", () -> Json.object().put("name", control.name()));
        query("query-version", QmpCommands::version);
        query("query-commands", () -> Json.array(commands.keySet(), name -> Json.object().put("name", name)));
        query("query-migrate", () -> control.migration().map(MigrationJson::write).orElseGet(Json::object));
        query("x-sterna-status", () -> {
            Optional<Endpoint> waitsAt = control.waitsAt();
            return waitsAt.isPresent() ? StatusJson.waiting(control.name(), waitsAt.get(), control.present())
                : StatusJson.write(control.machine());
        });
        query("x-sterna-abi", this::abi);
        commands.put("block_resize", arguments -> {
            String device = arguments.text("device", "the path of a disk such as /virtio-blk@0");
            long size = arguments.number("size", 1, Long.MAX_VALUE);
            arguments.end();
            control.change(device, "capacity", Long.toString(size));
            return Json.object();
        });
        action("stop", control::stop);
        commands.put("cont", arguments -> {
            boolean force = arguments.flag("x-sterna-force");
            arguments.end();
            control.resume(force);
            return Json.object();
        });
        commands.put("quit", arguments -> {
            boolean force = arguments.flag("x-sterna-force");
            arguments.end();
            control.quit(force);
            return Json.object();
        });
        action("migrate_cancel", control::cancel);
        commands.put("migrate", arguments -> {
            Endpoint uri = arguments.uri();
            arguments.end();
            return migrate(uri, MigrationOptions.DEFAULT);
        });
        commands.put("x-sterna-migrate", arguments -> {
            Endpoint uri = arguments.uri();
            MigrationOptions options = arguments.options();
            arguments.end();
            return migrate(uri, options);
        });
        commands.put("x-sterna-declare", arguments -> {
            Set<String> acceptLoss = arguments.acceptLoss();
            arguments.end();
            return Json.object().put("manifest", control.declare(acceptLoss));
        });
        commands.put("x-sterna-snapshot", arguments -> {
            Path file = arguments.path("file");
            SnapshotOptions options = arguments.snapshot();
            arguments.end();
            control.snapshot(file, options);
            return Json.object();
        });
        commands.put("x-sterna-swap", arguments -> {
            String device = arguments.text("device", "the path of a device such as /virtio-blk@0");
            String version = arguments.text("version", "the version of the bundle that is to take over");
            boolean check = arguments.flag("check");
            SwapOptions options = arguments.swap();
            arguments.end();
            return check ? SwapJson.write(new Swap(control.check(device, version, options), false, 0, List.of()))
                : SwapJson.write(control.swap(device, version, options));
        });
        commands.put("x-sterna-check", arguments -> {
            Endpoint uri = arguments.uri();
            MigrationOptions options = arguments.options();
            arguments.end();
            return VerdictJson.write(control.check(uri, options));
        });
    }

    private void query(String name, Query query) {
        commands.put(name, arguments -> {
            arguments.end();
            return query.ask();
        });
    }

    private void action(String name, Action action) {
        query(name, () -> {
            action.execute();
            return Json.object();
        });
    }

    /**
     * The first line of a session.
     *
     * @param token whether the client has to show first that it knows a token
     */
    ObjectNode greeting(boolean token) {
        ObjectNode qmp = Json.object();
        qmp.set("version", version());
        qmp.set("capabilities", Json.texts(List.of()));
        if (token) {
            qmp.put(TOKEN_WANTED, true);
        }
        ObjectNode greeting = Json.object();
        greeting.set("QMP", qmp);
        return greeting;
    }

    /** Does what a client asks. */
    JsonNode execute(String name, ObjectNode arguments) throws QmpException {
        Command command = commands.get(name);
        if (command == null) {
            throw QmpException.notFound("the command " + name + " has not been found; query-commands lists all");
        }
        return command.execute(new Arguments(name, arguments));
    }

    /** QMP wants the version under this name. */
    private static ObjectNode version() {
        ObjectNode version = Json.object();
        version.set("qemu", Json.object().put("major", 0).put("minor", 1).put("micro", 0));
        return version.put("package", "Sterna");
    }

    private JsonNode abi() throws QmpException {
        AbiDocument abi = control.machine().abi();
        // As a text, since each byte of it counts.
        return Json.object().put("fingerprint", abi.fingerprint()).put("document", abi.toJson());
    }

    private JsonNode migrate(Endpoint target, MigrationOptions options) throws QmpException {
        control.migrate(target, options);
        return Json.object();
    }

    private ObjectNode status() {
        Optional<Machine> machine = control.present();
        String status = machine.map(this::word).orElse("inmigrate");
        return Json.object().put("running", status.equals("running")).put("status", status);
    }

    private String word(Machine machine) {
        if (control.departure() == MigrationStatus.Phase.COMPLETED) {
            return "postmigrate";
        }
        return switch (machine.phase()) {
            case CREATED -> "prelaunch";
            case RUNNING -> "running";
            case PAUSED -> machine.ioError().isPresent() ? "io-error" : "paused";
            case STOPPED, CLOSED -> "shutdown";
            case PANICKED -> "guest-panicked";
            case FAILED -> "internal-error";
        };
    }
}
