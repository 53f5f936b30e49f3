package org.sterna.launcher.internal.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.Version;
import org.sterna.launcher.internal.FakeMachine;
import org.sterna.launcher.internal.FakeMachines;
import org.sterna.launcher.internal.FakeMigrations;
import org.sterna.launcher.internal.FakeProvisioning;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Lifetime;
import org.sterna.launcher.internal.Services;
import org.sterna.launcher.internal.Verdicts;
import org.sterna.launcher.internal.control.ControlAddress;
import org.sterna.launcher.internal.control.QmpClient;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.IoError;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;
import org.sterna.migration.Inspection;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Verdict;
import org.sterna.provisioning.SignatureRules;

/** Commands as a user gives them, in one process, with machines and migrations that do as the test says. */
@Timeout(60)
class CommandLineProgramTest {
    @TempDir
    private Path folder;

    private final FakeMachines machines = new FakeMachines();
    private final FakeMigrations migrations = new FakeMigrations();
    private final FakeProvisioning provisioning = new FakeProvisioning();
    private final List<Command> commands = new CopyOnWriteArrayList<>();
    private PrintStream standardOutput;

    @BeforeEach
    void keepStandardOutput() {
        standardOutput = System.out;
    }

    @AfterEach
    void endCommands() {
        commands.forEach(command -> command.lifetime.close());
        System.setOut(standardOutput);
    }

    /** One command, with what it has printed. */
    private final class Command {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final Lifetime lifetime = new Lifetime();
        final CommandLineProgram program;

        Command() {
            var environment = Map.of("XDG_RUNTIME_DIR", folder.toString(), "USER", "me");
            program = new CommandLineProgram(new Services(machines, migrations, provisioning, ControlAddress.of(environment),
                folder, folder.resolve("guests"), new PrintStream(out, true), new PrintStream(err, true), lifetime),
                Map.of("count", new CommandLineProgram.Contribution("Counts its arguments.", List::size)));
            commands.add(this);
        }

        int run(String line) {
            int code = program.run(line.split(" "));
            lifetime.close();
            return code;
        }

        CompletableFuture<Integer> start(String line) {
            // One that is told to end in the middle of its work never returns.
            return CompletableFuture.supplyAsync(() -> run(line), work -> Thread.ofVirtual().start(work));
        }

        String err() {
            return err.toString(StandardCharsets.UTF_8);
        }

        String out() {
            return out.toString(StandardCharsets.UTF_8);
        }

        /** Standard output, which must be one JSON document. */
        JsonNode document() throws IOException {
            return Json.read(out.toByteArray());
        }
    }

    private FakeMachine running(CompletableFuture<Integer> ended) throws InterruptedException {
        FakeMachine machine = machines.made.take();
        var runs = new CompletableFuture<Void>();
        machine.onPhase(phase -> runs.complete(null));
        if (machine.phase() == Machine.Phase.CREATED) {
            CompletableFuture.anyOf(runs, ended).join();
        }
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        return machine;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "rum | run", "recieve --listen tcp:h:1 | receive", "run --memry 64M | --memory",
        "run --memory lots | 'lots' is not in", "run --memory 5 | in steps of 4K", "run --processors 0 | 1..512",
        "run --machine virtue | did you mean virt?", "run --device blk,drive | property=value",
        "run --name a/b | not a machine's name", "run --control ftp:x | tcp:HOST:PORT",
        "receive | --listen", "receive --listen udp:1 | tcp:HOST:PORT", "receive --listen tcp:h:1 --map x=y | --map",
        "check | MACHINE", "check m nowhere | tcp:HOST:PORT", "migrate m tcp:h:1 --downtime-limit soon | soon",
        "device | device help [TYPE]", "device help disk | known are virtio-blk",
        "run --board timebase | property=value", "run --board a=1 --board a=2 | given twice", "run --processor x | property=value",
        "abi | abi show|diff|check", "abi show nothing | the machine types are virt, virt-1.0, virt-1.1",
        "abi show virt-1.0 | --machine virt-1.0", "abi show m --memory 1M | --memory says what a machine is made of",
        "abi diff virt-1.0 | B", "abi diff virt-1.0 virt-1.2 | no machine type, file or running machine",
        "run --definition nothing.json | no such file", "run --definition a --memory 1M | says all that the machine",
        "receive --listen tcp:h:1 --repository r | give both", "restore f --trust t | give both",
        "restore f --crl t | give both",
        "check m tcp:h:1 --repository r --trust t | a peer has repositories of its own",
        "resolve | FILE", "resolve nothing.json | no such file",
        "abi check unix:/nowhere | no machine answers", "resize m /virtio-blk@0 lots | 'lots' is not in"})
    void wrongUsageIsNamed(String line, String expected) {
        var command = new Command();
        assertEquals(2, command.run(line), command.err());
        assertTrue(command.err().contains(expected), command.err());
        assertFalse(command.err().contains("\tat "), "no stack trace");
        assertEquals("", command.out());
    }

    @Test
    void helpNamesEveryCommand() {
        var command = new Command();
        assertEquals(0, command.run("--help"));
        for (String name : List.of("run", "receive", "check", "migrate", "status", "devices", "device", "count")) {
            assertTrue(command.out().contains("\n  " + name + " "), command.out());
        }
    }

    record Newer(@Field(id = 2, since = 3) long something) {
    }

    @Test
    void translatorsAreListedWithWhatTheyTranslate() throws Exception {
        machines.translators.add(new InstalledTranslator<>(null, StateType.of("virtio-blk", FakeMachines.Blank.class),
            StateType.of("virtio-blk", Newer.class), "com.example.translator", new Version("1.2.3")));
        var people = new Command();
        assertEquals(0, people.run("devices"));
        assertTrue(people.out().lines().anyMatch(line ->
            line.matches("translator +virtio-blk +1.2.3 +1 <-> 3 +com.example.translator *")), people.out());
        var program = new Command();
        assertEquals(0, program.run("devices --json"));
        assertEquals(Json.read("""
            [{"type": "virtio-blk", "bundle": "com.example.translator", "version": "1.2.3", "older": 1, "newer": 3}]
            """.getBytes(StandardCharsets.UTF_8)), program.document().get("translators"));
    }

    /** A file with the machine type {@code virt-1.0} in it. */
    private Inspection inspection(List<String> frames, Reason... contradictions) {
        var numbers = new TreeMap<String, Inspection.Frames>();
        frames.forEach(type -> numbers.put(type, new Inspection.Frames(1, 10)));
        var part = new PartAbi("virt", new AbiVersion(1, 0), 0, new TreeMap<>());
        var abi = new AbiDocument("virt-1.0", 1 << 20, 1, part, part, new TreeMap<>());
        return new Inspection("Sterna", "1.0", "file", "source", true, "", "guest", abi, frames.contains("FINISH"), 1,
            2, numbers,
            List.of(), null, List.of(), List.of(contradictions));
    }

    @Test
    void inspectSaysWhetherTheGuestRanOnlyWhereThatIsWritten() throws Exception {
        migrations.inspection = inspection(List.of("MANIFEST", "FINISH"));
        var whole = new Command();
        assertEquals(0, whole.run("inspect f --json"), whole.err());
        assertTrue(whole.document().path("running").asBoolean(), whole.out());
        migrations.inspection = inspection(List.of("MANIFEST"));
        var cut = new Command();
        assertEquals(0, cut.run("inspect f --json"), cut.err());
        assertEquals("guest", cut.document().path("machine").asText());
        assertFalse(cut.document().has("running"), cut.out());
        var people = new Command();
        assertEquals(0, people.run("inspect f"), people.err());
        assertFalse(people.out().contains("running"), people.out());
    }

    @Test
    void inspectShowsWhatContradictsWhatAndAllElse() throws Exception {
        migrations.inspection = inspection(List.of("MANIFEST", "FINISH"),
            Reason.of("f", "contradicts itself: so", "use another"));
        var command = new Command();
        assertEquals(1, command.run("inspect f --json"), command.err());
        assertEquals("contradicts itself: so",
            command.document().path("contradictions").path(0).path("cause").asText());
        assertEquals(2, command.document().path("zeroPages").asInt());
        var people = new Command();
        assertEquals(1, people.run("inspect f"), people.err());
        assertTrue(people.out().contains("contradicts itself: so"), people.out());
    }

    @Test
    void anyBundleCanContributeACommand() {
        assertEquals(3, new Command().run("count a --b c"));
    }

    @Test
    void aMachineRunsUntilItsGuestSwitchesItOff() throws Exception {
        var run = new Command();
        CompletableFuture<Integer> ended = run.start("run --name one --kernel K --append x --memory 64M "
            + "--device virtio-blk,drive=a,,b --json");
        FakeMachine machine = running(ended);
        MachineDefinition definition = machines.definitions.take();
        assertEquals(64 << 20, definition.memory());
        assertEquals(Map.of("kernel", "K", "append", "x"), definition.board());
        assertEquals("[virtio-blk, serial]", definition.devices().stream().map(device -> device.type()).toList().toString());
        assertEquals("a,b", definition.devices().getFirst().properties().get("drive"));
        assertEquals("stdio", definition.devices().getLast().properties().get("backend"));
        var status = new Command();
        assertEquals(0, status.run("status one --json"), status.err());
        assertEquals("running", status.document().path("phase").asText());
        machine.become(Machine.Phase.STOPPED, "power off");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS), run.err());
        assertEquals("stopped", run.document().path("end").asText());
        assertEquals(Machine.Phase.CLOSED, machine.phase());
        var gone = new Command();
        assertEquals(1, gone.run("status one --json"));
        assertEquals("failed", gone.document().path("result").asText());
    }

    private Path definition(String json) throws IOException {
        return Files.writeString(folder.resolve("machine.json"), json);
    }

    @Test
    void aDefinitionHasTheWordsOfTheCommandLine() throws Exception {
        Path file = definition("""
            {"machine": "virt-1.1", "memory": "64M", "processors": 2, "kernel": "K", "append": "x", "board": {"timebase": 1000},
             "processor": {"zifencei": false},
             "devices": [{"type": "virtio-blk", "properties": {"drive": "a,b", "discard": true}}]}
            """);
        CompletableFuture<Integer> ended = new Command().start("run --definition " + file);
        FakeMachine machine = running(ended);
        assertEquals(new MachineDefinition("sterna", "virt-1.1", 64 << 20, 2,
            Map.of("kernel", "K", "append", "x", "timebase", "1000"),
            Map.of("zifencei", "off"), List.of(new DeviceDefinition("virtio-blk", Map.of("drive", "a,b", "discard", "on")),
                new DeviceDefinition("serial", Map.of("backend", "stdio")))), machines.definitions.take());
        machine.become(Machine.Phase.STOPPED, "");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`',
        value = {"{ | not JSON: it ends too early", "[] | this is no object", "{\"memry\": 1} | memry: there is no such word",
        "{\"devices\": {}} | devices: this is no list", "{\"devices\": [{}]} | devices[0].type: a device has a type",
        "{\"devices\": [{\"type\": \"a\", \"drive\": 1}]} | devices[0].drive: there is no such word",
        "{\"board\": {\"kernel\": []}} | board.kernel: this is no text", "{\"memory\": \"5\"} | in steps of 4K",
        "{\"memory\": 1, \"memory\": 2} | not JSON: 'memory' is there twice, in line 1"})
    void aWrongDefinitionIsNamedWithItsPlace(String json, String expected) throws IOException {
        var command = new Command();
        assertEquals(2, command.run("resolve " + definition(json)), command.err());
        assertTrue(command.err().contains(expected), command.err());
        assertFalse(command.err().contains("\tat "), "no stack trace");
    }

    @Test
    void resolveListsBundles() throws Exception {
        var command = new Command();
        Path file = definition("{\"machine\": \"virt-1.1\"}");
        assertEquals(0, command.run("resolve " + file + " --repository elsewhere --json"), command.err());
        assertEquals("ok", command.document().path("result").asText());
        assertEquals(Json.read("{\"name\":\"com.example.device\",\"version\":\"1.2.3\",\"location\":\"file:/device.jar\"}"
            .getBytes(StandardCharsets.UTF_8)), command.document().at("/bundles/0"));
        assertEquals("serial", provisioning.definitions.take().devices().getFirst().type());
        assertEquals(List.of(folder.resolve("bundles").toString(), "elsewhere"), provisioning.repositories.take());
        assertEquals(0, new Command().run("resolve " + file));
        assertEquals(List.of(folder.resolve("bundles").toString(), folder.resolve("devices").toString()),
            provisioning.repositories.take());
        var missing = new Command();
        assertEquals(1, missing.run("resolve " + definition("{\"machine\": \"virtue\"}")));
        assertEquals("sterna: " + file + ": it needs virtue (add a --repository)\n", missing.err());
    }

    @Test
    void aMachineThatCannotGoOnIsAFailure() throws Exception {
        var run = new Command();
        CompletableFuture<Integer> ended = run.start("run --json");
        running(ended).become(Machine.Phase.FAILED, "/cpu@0 failed: no way on");
        assertEquals(1, ended.get(10, TimeUnit.SECONDS));
        assertEquals("failed", run.document().path("result").asText());
        assertEquals("failed", run.document().path("end").asText());
        assertEquals("/cpu@0 failed: no way on", run.document().path("why").asText());
        assertTrue(run.err().contains("could not go on: /cpu@0 failed: no way on"), run.err());
        var receive = new Command();
        CompletableFuture<Integer> received = receive.start("receive --listen tcp:127.0.0.1:1 --once --json --repository r"
            + " --trust t --crl c --crl d --tsa a");
        var machine = new FakeMachine("arrival");
        machine.boot();
        migrations.receivers.take().arrived().accept(machine);
        assertEquals(List.of("r"), provisioning.repositories.take());
        assertEquals(new SignatureRules(List.of(Path.of("t")), List.of(Path.of("c"), Path.of("d")), List.of(Path.of("a"))),
            provisioning.rules.take());
        assertTrue(provisioning.open);
        machine.become(Machine.Phase.FAILED, "/cpu@0 failed: no way on");
        assertEquals(1, received.get(10, TimeUnit.SECONDS));
        assertEquals("failed", receive.document().path("result").asText());
        assertEquals("failed", receive.document().at("/machines/0/end").asText());
        assertFalse(provisioning.open);
    }

    @Test
    void aNameInUseIsRefusedBeforeAnythingStarts() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("run");
        FakeMachine machine = running(ended);
        var second = new Command();
        assertEquals(1, second.run("run"));
        assertTrue(second.err().contains("another process listens on"), second.err());
        assertTrue(machines.made.isEmpty());
        var status = new Command();
        assertEquals(1, status.run("status strna"));
        assertTrue(status.err().contains("there are: sterna"), status.err());
        machine.become(Machine.Phase.STOPPED, "");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @CsvSource({"BLOCKED, 1", "LOSSY, 3", "OK_IF, 0", "LOSSY_ACCEPTED, 0"})
    void checkAnswersWithTheVerdict(Verdict.Outcome outcome, int code) throws Exception {
        migrations.verdict = switch (outcome) {
            case OK_IF -> Verdicts.okIf();
            case LOSSY_ACCEPTED -> Verdicts.accepted();
            default -> Verdicts.refusing(outcome);
        };
        CompletableFuture<Integer> ended = new Command().start("run");
        FakeMachine machine = running(ended);
        var check = new Command();
        assertEquals(code, check.run("check sterna tcp:127.0.0.1:1 --json"), check.err());
        assertEquals(outcome.word(), check.document().path("verdict").asText());
        var table = new Command();
        assertEquals(code, table.run("check sterna tcp:127.0.0.1:1"));
        assertTrue(table.out().contains("/pvclock@0") && table.out().contains("systemTime"), table.out());
        machine.become(Machine.Phase.STOPPED, "");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @Test
    void migrateFollowsToTheEndAndTheSourceGoes() throws Exception {
        var run = new Command();
        CompletableFuture<Integer> ended = run.start("run");
        FakeMachine machine = running(ended);
        var migrate = new Command();
        CompletableFuture<Integer> migrated = migrate.start("migrate sterna tcp:127.0.0.1:1 --downtime-limit 7 --json");
        FakeMigrations.Outgoing outgoing = migrations.started.take();
        assertEquals(7, outgoing.options.downtimeLimit().toMillis());
        outgoing.step(MigrationStatus.Phase.COMPLETED);
        assertEquals(0, migrated.get(10, TimeUnit.SECONDS), migrate.err());
        assertEquals(0, ended.get(10, TimeUnit.SECONDS), run.err());
        JsonNode result = migrate.document();
        assertEquals("ok", result.path("result").asText());
        assertEquals("OK-IF", result.path("verdict").asText());
        assertEquals(20, result.path("downtime_ms").asInt());
        assertEquals(3, result.path("rounds").asInt());
        assertEquals(Machine.Phase.CLOSED, machine.phase());
        assertTrue(run.err().contains("runs at its destination"), run.err());
    }

    @Test
    void aMigrationWithAcceptedLossesIsDoneAndNamesThem() throws Exception {
        migrations.verdict = Verdicts.accepted();
        CompletableFuture<Integer> ended = new Command().start("run");
        running(ended);
        var migrate = new Command();
        CompletableFuture<Integer> migrated =
            migrate.start("migrate sterna tcp:127.0.0.1:1 --accept-loss /pvclock@0.systemTime --json");
        migrations.started.take().step(MigrationStatus.Phase.COMPLETED);
        assertEquals(0, migrated.get(10, TimeUnit.SECONDS), migrate.err());
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
        assertEquals("LOSSY-ACCEPTED", migrate.document().path("verdict").asText());
        assertEquals("[{\"path\":\"/pvclock@0\",\"field\":\"systemTime\"}]", migrate.document().path("losses").toString());
        assertEquals("its clock is 3 s ahead", migrate.document().at("/remarks/0/cause").asText());
    }

    @Test
    void aMachineThatIsToldToQuitGivesItsMigrationUpFirst() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("run");
        FakeMachine machine = running(ended);
        var migrate = new Command();
        CompletableFuture<Integer> migrated = migrate.start("migrate sterna tcp:127.0.0.1:1 --json");
        FakeMigrations.Outgoing outgoing = migrations.started.take();
        var phaseAtClose = new CompletableFuture<MigrationStatus.Phase>();
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.CLOSED) {
                phaseAtClose.complete(outgoing.status().phase());
            }
        });
        try (QmpClient client = QmpClient.connect(ControlAddress.of(Map.of("XDG_RUNTIME_DIR", folder.toString(),
                "USER", "me")).named("sterna"), event -> { })) {
            client.execute("quit", Json.object());
        }
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
        assertEquals(MigrationStatus.Phase.CANCELLED, phaseAtClose.get(10, TimeUnit.SECONDS));
        assertEquals(1, migrated.get(10, TimeUnit.SECONDS), migrate.err());
        assertEquals("cancelled", migrate.document().path("result").asText(), migrate.err());
    }

    @ParameterizedTest
    @CsvSource({"BLOCKED, 1", "LOSSY, 3"})
    void aRefusedMigrationSaysWhyAndTheGuestGoesOn(Verdict.Outcome outcome, int code) throws Exception {
        migrations.verdict = Verdicts.refusing(outcome);
        CompletableFuture<Integer> ended = new Command().start("run");
        FakeMachine machine = running(ended);
        var migrate = new Command();
        CompletableFuture<Integer> migrated = migrate.start("migrate sterna tcp:127.0.0.1:1");
        migrations.started.take().step(MigrationStatus.Phase.FAILED, migrations.verdict.reasons().toArray(Reason[]::new));
        assertEquals(code, migrated.get(10, TimeUnit.SECONDS));
        assertTrue(migrate.out().contains("remedy: update the reader"), migrate.out());
        assertEquals(2, migrate.out().split("the reader has no place for it", -1).length, "once: " + migrate.out());
        assertTrue(migrate.out().endsWith("\nnot migrated; the guest runs on where it was\n"), migrate.out());
        assertFalse(ended.isDone());
        machine.become(Machine.Phase.STOPPED, "");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @Test
    void aMigrationThatFailsSaysWhatHasBecomeOfTheGuest() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("run");
        FakeMachine machine = running(ended);
        var migrate = new Command();
        CompletableFuture<Integer> migrated = migrate.start("migrate sterna tcp:127.0.0.1:1");
        migrations.started.take().step(MigrationStatus.Phase.FAILED, Reason.of("tcp:h:1", "the line was cut", ""));
        assertEquals(1, migrated.get(10, TimeUnit.SECONDS));
        assertTrue(migrate.out().endsWith("failed:\n  tcp:h:1: the line was cut\nthe guest runs on where it was\n"),
            migrate.out());
        machine.pause();
        var cancelled = new Command();
        migrated = cancelled.start("migrate sterna tcp:127.0.0.1:1");
        migrations.started.take().cancel();
        assertEquals(1, migrated.get(10, TimeUnit.SECONDS));
        assertTrue(cancelled.out().endsWith("\ncancelled; the guest stays where it was, paused\n"), cancelled.out());
        machine.become(Machine.Phase.STOPPED, "");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @Test
    void aMigrationWhoseProcessIsToldToEndIsGivenUpAndTheGuestIsSaidToEnd() throws Exception {
        var run = new Command();
        CompletableFuture<Integer> ended = run.start("run");
        FakeMachine machine = running(ended);
        var migrate = new Command();
        CompletableFuture<Integer> migrated = migrate.start("migrate sterna tcp:127.0.0.1:1");
        migrations.started.take();
        run.lifetime.servicesHaveGone();
        assertEquals(1, migrated.get(10, TimeUnit.SECONDS), migrate.err());
        assertTrue(migrate.out().endsWith("cancelled; its process was told to end, and the guest ends with it\n"),
            migrate.out());
        assertEquals(List.of("sterna: the guest of machine sterna ends with this process"), last(run, 1));
        assertEquals(Machine.Phase.CLOSED, machine.phase());
        assertEquals("its process was told to end", machine.why());
    }

    private static String unconfirmed(FakeMachine machine) {
        machine.handOver();
        return "sterna: the guest of machine sterna was handed over and is not confirmed, so that this may be the only"
            + " copy: it is written into a file";
    }

    @Test
    void aGuestWhoseHandOverIsUnconfirmedIsKeptWhenTheProcessIsToldToEnd() throws Exception {
        Files.createDirectory(folder.resolve("guests"));
        Files.createFile(folder.resolve("guests/sterna.unconfirmed.sterna"));
        var run = new Command();
        FakeMachine machine = running(run.start("run"));
        String begins = unconfirmed(machine);
        CompletableFuture<Void> told = CompletableFuture.runAsync(run.lifetime::servicesHaveGone);
        FakeMigrations.Outgoing snapshot = migrations.started.take();
        assertEquals(folder.resolve("guests/sterna-2.unconfirmed.sterna"), snapshot.file, "what is there stays");
        assertTrue(snapshot.snapshot.handedOver());
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        assertFalse(told.isDone());
        snapshot.step(MigrationStatus.Phase.COMPLETED);
        told.get(10, TimeUnit.SECONDS);
        assertEquals(Machine.Phase.CLOSED, machine.phase());
        assertEquals(List.of(begins, "sterna: the guest of machine sterna is kept in " + snapshot.file
            + ": handed over to tcp:h:1, which has not confirmed it", "sterna: look at the destination: if the guest"
            + " runs there, delete the file; only if it does not, let it go on here with ./sterna restore "
            + snapshot.file),
            last(run, 3));
    }

    private static List<String> last(Command command, int number) {
        List<String> lines = command.err().lines().toList();
        return lines.subList(lines.size() - number, lines.size());
    }

    @Test
    void aGuestThatCannotBeKeptIsNotLostWithoutAWord() throws Exception {
        var run = new Command();
        FakeMachine machine = running(run.start("run"));
        String begins = unconfirmed(machine);
        CompletableFuture<Void> told = CompletableFuture.runAsync(run.lifetime::servicesHaveGone);
        migrations.started.take().step(MigrationStatus.Phase.FAILED, Reason.of("x", "the disk is full", "make room"));
        told.get(10, TimeUnit.SECONDS);
        assertEquals(List.of(begins,
            "sterna: the guest of machine sterna is lost, since it cannot be kept: x: the disk is full (make room)"),
            last(run, 2));
    }

    @Test
    void aGuestThatItsOperatorGivesUpByForceIsNotKept() throws Exception {
        var run = new Command();
        CompletableFuture<Integer> ended = run.start("run");
        FakeMachine machine = running(ended);
        unconfirmed(machine);
        try (QmpClient client = QmpClient.connect(ControlAddress.of(Map.of("XDG_RUNTIME_DIR", folder.toString(),
                "USER", "me")).named("sterna"), event -> { })) {
            client.execute("quit", Json.object().put("x-sterna-force", true));
        }
        assertEquals(0, ended.get(10, TimeUnit.SECONDS), run.err());
        assertTrue(migrations.started.isEmpty());
        assertFalse(Files.exists(folder.resolve("guests")));
    }

    @Test
    void aSnapshotAfterWhichTheGuestIsPausedSaysThat() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("run");
        FakeMachine machine = running(ended);
        for (boolean stop : List.of(true, false)) {
            var command = new Command();
            CompletableFuture<Integer> written = command.start("snapshot sterna f.sterna" + (stop ? " --stop" : ""));
            FakeMigrations.Outgoing snapshot = migrations.started.take();
            if (stop) {
                machine.pause();
            } else {
                machine.resume();
            }
            snapshot.downtime = stop ? 0 : 20_000_000;
            snapshot.step(MigrationStatus.Phase.COMPLETED);
            assertEquals(0, written.get(10, TimeUnit.SECONDS), command.err());
            assertEquals("written to f.sterna in 900 ms" + (stop ? "; 66.8 MiB; the guest is paused\n"
                : ", of which the guest stood still for 20 ms; 66.8 MiB\n"), command.out());
        }
        machine.become(Machine.Phase.STOPPED, "");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @Test
    void resumeSaysWhetherTheRequestThatHadFailedFailsAgain() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("run");
        FakeMachine machine = running(ended);
        var reason = new Reason("/virtio-blk@0", "drive", "disk.raw cannot be written: No space left", "make room");
        var error = new IoError(reason, IoError.Operation.WRITE, IoError.Action.STOP, true);
        machine.fail(error);
        AutoCloseable full = machine.onPhase(phase -> {
            if (phase == Machine.Phase.RUNNING) {
                CompletableFuture.runAsync(() -> machine.fail(error));
            }
        });
        var again = new Command();
        assertEquals(1, again.run("resume sterna"), again.err());
        assertEquals("the guest is paused again: " + reason + "\n", again.out());
        full.close();
        var works = new Command();
        assertEquals(0, works.run("resume sterna"), works.err());
        assertEquals("the guest runs\n", works.out());
        machine.become(Machine.Phase.STOPPED, "");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @Test
    void statusOfAReceiverSaysThatItWaits() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("receive --listen tcp:127.0.0.1:1 --name in");
        ReceiveOptions options = migrations.receivers.take();
        awaitStatus("in: waits for a migration to tcp:127.0.0.1:1\n");
        var json = new Command();
        assertEquals(0, json.run("status in --json"), json.err());
        assertEquals("{\"name\":\"in\",\"phase\":\"waiting\",\"why\":\"\",\"waits-at\":\"tcp:127.0.0.1:1\","
            + "\"parts\":[]}\n", json.out());
        var machine = new FakeMachine("guest");
        machine.boot();
        options.arrived().accept(machine);
        var here = new Command();
        assertEquals(0, here.run("status in"), here.err());
        assertTrue(here.out().startsWith("guest: virt-1.1, running\n"), here.out());
        assertTrue(here.out().contains("1,234,567 instructions executed here, "), here.out());
        machine.become(Machine.Phase.STOPPED, "power off");
        awaitStatus("in: waits for a migration to tcp:127.0.0.1:1 (machine guest was here: power off)\n");
        try (QmpClient client = QmpClient.connect(ControlAddress.of(Map.of("XDG_RUNTIME_DIR", folder.toString(),
                "USER", "me")).named("in"), event -> { })) {
            client.execute("quit", Json.object());
        }
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    /** A receiver that has just been started, or left, may not wait yet. */
    private void awaitStatus(String text) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        Command status;
        do {
            status = new Command();
            status.run("status in");
            assertTrue(System.nanoTime() < deadline, status.out() + status.err());
        } while (!status.out().equals(text));
    }

    @Test
    void aReceiverRunsOneMachineAfterTheOther() throws Exception {
        var receive = new Command();
        CompletableFuture<Integer> ended =
            receive.start("receive --listen tcp:127.0.0.1:1 --name in --map /virtio-blk@0.drive=/a.b --json");
        ReceiveOptions options = migrations.receivers.take();
        assertEquals(Map.of("/virtio-blk@0", Map.of("drive", "/a.b")), options.host());
        options.failed().accept(Reason.of("peer", "no Sterna", ""));
        for (String name : List.of("first", "second")) {
            var machine = new FakeMachine(name);
            machine.boot();
            options.arrived().accept(machine);
            var closed = new CompletableFuture<Void>();
            machine.onPhase(phase -> {
                if (phase == Machine.Phase.CLOSED) {
                    closed.complete(null);
                }
            });
            machine.become(Machine.Phase.STOPPED, "done");
            closed.get(10, TimeUnit.SECONDS);
        }
        try (QmpClient client = QmpClient.connect(ControlAddress.of(Map.of("XDG_RUNTIME_DIR", folder.toString(),
                "USER", "me")).named("in"), event -> { })) {
            client.execute("quit", Json.object());
        }
        assertEquals(0, ended.get(10, TimeUnit.SECONDS), receive.err());
        assertEquals(2, receive.document().path("machines").size());
        assertTrue(receive.err().contains("listening on tcp:127.0.0.1:1"), receive.err());
        assertTrue(receive.err().contains("no Sterna"), receive.err());
    }

    /** Nothing is waited for when a guest has left: whoever comes next may be there already. */
    @Test
    void aGuestThatComesBackToAReceiverIsUnderControlBeforeItsArrivalHasBeenTold() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("receive --listen tcp:127.0.0.1:1 --name in --json");
        ReceiveOptions options = migrations.receivers.take();
        var leaving = new FakeMachine("leaving");
        leaving.boot();
        options.arrived().accept(leaving);
        try (QmpClient client = QmpClient.connect(ControlAddress.of(Map.of("XDG_RUNTIME_DIR", folder.toString(),
                "USER", "me")).named("in"), event -> { })) {
            client.execute("migrate", Json.object().put("uri", "unix:/peer"));
            migrations.started.take().step(MigrationStatus.Phase.COMPLETED);
            var back = new FakeMachine("back");
            back.boot();
            options.arrived().accept(back);
            client.execute("stop", Json.object());
            assertEquals(Machine.Phase.PAUSED, back.phase());
            assertEquals("paused", client.execute("query-status", Json.object()).path("status").asText());
            client.execute("quit", Json.object());
        }
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    /** A machine arrives at a receiver, ends there and is closed; nobody here keeps it. */
    private static Reference<Machine> passThrough(ReceiveOptions options, String name, ReferenceQueue<Machine> collected) throws Exception {
        var machine = new FakeMachine(name);
        machine.boot();
        var closed = new CompletableFuture<Void>();
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.CLOSED) {
                closed.complete(null);
            }
        });
        options.arrived().accept(machine);
        machine.become(Machine.Phase.STOPPED, "done");
        closed.get(10, TimeUnit.SECONDS);
        return new PhantomReference<>(machine, collected);
    }

    @Test
    void aReceiverKeepsNoMachineThatHasGone() throws Exception {
        var receive = new Command();
        CompletableFuture<Integer> ended = receive.start("receive --listen tcp:127.0.0.1:1 --name in --json");
        ReceiveOptions options = migrations.receivers.take();
        var collected = new ReferenceQueue<Machine>();
        var machines = new ArrayList<Reference<Machine>>();
        for (int i = 0; i < 5; i++) {
            machines.add(passThrough(options, "in" + i, collected));
        }
        // The control socket still says how the last one has ended.
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        for (int gone = 0; gone < 4;) {
            System.gc();
            gone += collected.remove(100) == null ? 0 : 1;
            assertTrue(System.nanoTime() < deadline, "only " + gone + " of the machines before the last have been collected");
        }
        Reference.reachabilityFence(machines);
        try (QmpClient client = QmpClient.connect(ControlAddress.of(Map.of("XDG_RUNTIME_DIR", folder.toString(),
                "USER", "me")).named("in"), event -> { })) {
            client.execute("quit", Json.object());
        }
        assertEquals(0, ended.get(10, TimeUnit.SECONDS), receive.err());
        assertEquals(5, receive.document().path("machines").size());
    }

    /** Nobody would look after another machine. */
    @Test
    void aReceiverOfOneMachineListensNoMoreWhenItIsThere() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("receive --once --listen tcp:127.0.0.1:1 --name in");
        ReceiveOptions options = migrations.receivers.take();
        var machine = new FakeMachine("in");
        machine.boot();
        options.arrived().accept(machine);
        assertEquals(options, migrations.closedReceivers.poll(10, TimeUnit.SECONDS));
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        assertFalse(ended.isDone());
        machine.become(Machine.Phase.STOPPED, "done");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @Test
    void propertiesOfBoardAndProcessorsArePassedOn() throws Exception {
        CompletableFuture<Integer> ended =
            new Command().start("run --board timebase=5,append=a,,b --board bios=B --processor isa=rv64 --kernel K");
        FakeMachine machine = running(ended);
        MachineDefinition definition = machines.definitions.take();
        assertEquals(Map.of("timebase", "5", "append", "a,b", "bios", "B", "kernel", "K"), definition.board());
        assertEquals(Map.of("isa", "rv64"), definition.processor());
        machine.become(Machine.Phase.STOPPED, "");
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @Test
    void theDocumentThatOptionsWouldMakeIsShown() throws Exception {
        var json = new Command();
        assertEquals(0, json.run("abi show --machine virt-1.1 --device virtio-blk --json"));
        AbiDocument document = AbiDocument.fromJson(json.out().strip());
        assertEquals(document.toJson() + System.lineSeparator(), json.out(), "canonical, byte by byte");
        assertTrue(json.err().contains("/virtio-blk@0.capacity: open"), json.err());
        var text = new Command();
        assertEquals(0, text.run("abi show --machine virt-1.1 --device virtio-blk"));
        for (String expected : List.of("discard", "on", "machine-type", "capacity", "open: there is no file", document.fingerprint())) {
            assertTrue(text.out().contains(expected), text.out());
        }
        var fingerprint = new Command();
        assertEquals(0, fingerprint.run("abi show --machine virt-1.1 --device virtio-blk --fingerprint"));
        assertEquals(document.fingerprint() + "\n", fingerprint.out());
    }

    @Test
    void aDiffSaysWhatAGuestWouldNoticeAndTheSwitch() throws Exception {
        var diff = new Command();
        assertEquals(1, diff.run("abi diff virt-1.1 virt-1.0 --json"), diff.err());
        JsonNode difference = diff.document().at("/differences/0");
        assertEquals("/virtio-blk@0 discard on off 13", String.join(" ", difference.path("path").asText(),
            difference.path("item").asText(), difference.path("a").asText(), difference.path("b").asText(),
            difference.path("bit").asText()));
        assertEquals("--device virtio-blk,discard=off", diff.document().at("/options/0").asText());
        assertEquals(1, diff.document().path("differences").size());
        var table = new Command();
        assertEquals(1, table.run("abi diff virt-1.1 virt-1.0"));
        assertTrue(table.out().contains("virt-1.1 looks like virt-1.0 with:\n    --device virtio-blk,discard=off\n"), table.out());
        var same = new Command();
        assertEquals(0, same.run("abi diff virt-1.1 virt-1.0 --device virtio-blk,discard=off"), "what the options say is so");
        assertTrue(same.out().contains("no difference"), same.out());
    }

    /** With legacy registers, virt-1.1 has a feature that virt-1.0 with legacy registers has not. */
    @Test
    void theSwitchesKeepWhatTheyAwakenAsItIsThere() throws Exception {
        var show = new Command();
        show.run("abi show --machine virt-1.0 --device virtio-blk,registers=legacy,discard=on --json");
        Path file = Files.writeString(folder.resolve("legacy.json"), show.out());
        var diff = new Command();
        assertEquals(1, diff.run("abi diff virt-1.1 " + file + " --json"), diff.err());
        assertEquals(1, diff.document().path("differences").size(), diff.out());
        assertEquals("--device virtio-blk,registers=legacy,barrier=off", diff.document().at("/options/0").asText());
    }

    @Test
    void aDocumentIsComparedWithAMachineTypeThatHasItsDevices() throws Exception {
        var show = new Command();
        show.run("abi show --machine virt-1.1 --memory 64M --device virtio-blk,discard=off,capacity=4K --device virtio-blk --json");
        Path file = Files.writeString(folder.resolve("document.json"), show.out());
        var diff = new Command();
        assertEquals(1, diff.run("abi diff virt-1.0 " + file + " --json"), diff.err());
        assertEquals(1, diff.document().path("differences").size(), diff.out());
        assertEquals("/virtio-blk@1", diff.document().at("/differences/0/path").asText());
        assertEquals(0, new Command().run("abi diff " + file + " " + file));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {"nonsense | not JSON", "{} | ABI document has no 'devices'",
        "{\"a\":1} | ABI document has an unknown 'a'"})
    void aFileThatIsNoDocumentIsNamedWithTheFault(String text, String message) throws Exception {
        Path file = Files.writeString(folder.resolve("document.json"), text);
        for (String line : List.of("abi show ", "abi check ", "abi diff virt-1.0 ")) {
            var command = new Command();
            assertEquals(2, command.run(line + file));
            assertTrue(command.err().contains("document.json: not an ABI document: " + message), command.err());
        }
    }

    @Test
    void aCheckOfADocumentGivesEveryReason() throws Exception {
        var show = new Command();
        show.run("abi show --device virtio-blk --json");
        Path file = Files.writeString(folder.resolve("document.json"), show.out());
        var good = new Command();
        assertEquals(0, good.run("abi check " + file + " --json"), good.err());
        assertEquals("ok", good.document().path("result").asText());
        machines.obstacles.add(new Reason("/virtio-blk@0", "discard", "not known", "install another"));
        machines.obstacles.add(new Reason("/virt", "", "too old", ""));
        var bad = new Command();
        assertEquals(1, bad.run("abi check " + file));
        assertTrue(bad.out().contains("/virtio-blk@0.discard: not known\n      remedy: install another\n  /virt: too old"), bad.out());
    }

    @Test
    void aRunningMachineIsShownComparedAndResized() throws Exception {
        CompletableFuture<Integer> ended = new Command().start("run");
        FakeMachine machine = running(ended);
        var show = new Command();
        assertEquals(0, show.run("abi show sterna --json"), show.err());
        assertEquals(machine.abi().toJson() + System.lineSeparator(), show.out());
        assertEquals(0, new Command().run("abi diff sterna sterna"));
        var resize = new Command();
        assertEquals(0, resize.run("resize sterna /virtio-blk@0 8K --json"), resize.err());
        assertEquals(List.of("/virtio-blk@0 capacity=8192"), machine.changes);
        assertEquals(8192, resize.document().path("size").asInt());
        var wrong = new Command();
        assertEquals(1, wrong.run("resize sterna /virtio-blk@1 8K"));
        assertTrue(wrong.err().contains("did you mean /virtio-blk@0?"), wrong.err());
        var leaving = new Command().start("migrate sterna tcp:127.0.0.1:1");
        FakeMigrations.Outgoing outgoing = migrations.started.take();
        assertEquals(1, new Command().run("resize sterna /virtio-blk@0 16K"), "the guest ABI has been declared");
        assertEquals(1, machine.changes.size());
        outgoing.step(MigrationStatus.Phase.COMPLETED);
        assertEquals(0, leaving.get(10, TimeUnit.SECONDS));
        assertEquals(0, ended.get(10, TimeUnit.SECONDS));
    }

    @Test
    void devicesAndTheirPropertiesAreListed() throws Exception {
        var devices = new Command();
        assertEquals(0, devices.run("devices --json"));
        assertEquals("discard", devices.document().at("/installed/0/features/0").asText());
        var help = new Command();
        assertEquals(0, help.run("device help virtio-blk --json"));
        JsonNode discard = help.document().at("/properties/0");
        assertEquals("1.1", discard.path("since").asText());
        assertEquals("on", discard.path("default").asText());
        assertEquals(13, discard.path("bit").asInt());
        assertTrue(help.document().at("/properties/3/default").isNull());
        assertEquals("registers=legacy", help.document().at("/properties/2/when").asText());
        assertEquals("{\"1.0\":\"off\",\"1.1\":\"on\"}", discard.path("defaults").toString());
        var text = new Command();
        assertEquals(0, text.run("device help virtio-blk"));
        assertTrue(text.out().contains("The disk's file."), text.out());
        assertTrue(text.out().contains("off, 1.1: on"), text.out());
        var list = new Command();
        assertEquals(0, list.run("device help --json"));
        assertEquals("virtio-blk", list.document().at("/types/0/type").asText());
    }
}
