package org.sterna.launcher.internal.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.launcher.internal.FakeMachine;
import org.sterna.launcher.internal.FakeMigrations;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.launcher.internal.Verdicts;
import org.sterna.machine.IoError;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Ownership;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationStatus;

/** The control socket over a real Unix socket, with a client that knows nothing but bytes. */
@Timeout(30)
class QmpServerTest {
    @TempDir
    private Path folder;

    private final FakeMigrations migrations = new FakeMigrations();
    private final MachineControl control = new MachineControl("guest", migrations);
    private final FakeMachine machine = new FakeMachine("guest");
    private Endpoint.Unix endpoint;
    private QmpServer server;

    @BeforeEach
    void open() {
        endpoint = new Endpoint.Unix(folder.resolve("control.sock"));
        server = new QmpServer(endpoint, control);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private RawClient connect() throws IOException {
        return new RawClient(UnixDomainSocketAddress.of(endpoint.path()));
    }

    private RawClient ready() throws IOException {
        RawClient client = connect();
        assertTrue(client.ask("{\"execute\":\"qmp_capabilities\"}").at("/return").isEmpty());
        return client;
    }

    @Test
    void wantsCapabilitiesFirstAndEchoesIds() throws IOException {
        try (RawClient client = connect()) {
            assertEquals("CommandNotFound", client.ask("{\"execute\":\"query-status\"}").at("/error/class").asText());
            assertEquals(7, client.ask("{\"execute\":\"qmp_capabilities\",\"id\":7}").at("/id").asInt());
            JsonNode status = client.ask("{\"execute\":\"query-status\",\"id\":{\"a\":[1]}}");
            assertEquals("inmigrate", status.at("/return/status").asText());
            assertEquals(1, status.at("/id/a/0").asInt());
        }
    }

    @Test
    void answersRequestsThatEndWithoutALineEnd() throws IOException {
        try (RawClient client = ready()) {
            client.send("{\"execute\":\"query-name\"}{\"execute\":\"query-name\",\"id\":\"}\\\"{\"}");
            assertEquals("guest", client.read().at("/return/name").asText());
            assertEquals("}\"{", client.read().at("/id").asText());
        }
    }

    @Test
    void survivesEveryMalformedRequest() throws IOException {
        String[] wrong = {"{", "}", "nonsense", "[1]", "{\"execute\":3}", "{\"execute\":\"stop\",\"arguments\":[]}",
            "{\"execute\":\"stop\",\"else\":1}", "{\"execute\":\"stop\",\"arguments\":{\"x\":1}}", "{\"a\":1,\"a\":2}",
            "{\"execute\":\"migrate\"}", "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"ftp:x\"}}",
            "{\"execute\":\"x-sterna-migrate\",\"arguments\":{\"uri\":\"tcp:h:1\",\"downtime-limit\":0}}",
            "{\"execute\":\"x-sterna-check\",\"arguments\":{\"uri\":\"tcp:h:1\",\"accept-loss\":[1]}}",
            "{\"execute\":\"" + "x".repeat(100_000) + "\"}", "[".repeat(50_000)};
        try (RawClient client = ready()) {
            for (String request : wrong) {
                assertEquals("GenericError", client.ask(request).at("/error/class").asText(), request);
            }
            assertEquals("CommandNotFound", client.ask("{\"execute\":\"dance\"}").at("/error/class").asText());
            assertEquals("guest", client.ask("{\"execute\":\"query-name\"}").at("/return/name").asText());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "nonsense                                        | not JSON: it cannot be read, in line 1, column 1",
        "{\"a\":1,\"a\":2}                                  | not JSON: 'a' is there twice, in line 1, column 11",
        "{\"execute\":\"migrate\",\"arguments\":{\"uri\":5}} "
            + "| migrate needs the argument 'uri', a text: tcp:HOST:PORT or unix:PATH",
        "{\"execute\":\"block_resize\",\"arguments\":{\"device\":\"/d\",\"size\":-1}} "
            + "| the argument 'size' is an integer from 1 on"})
    void whatIsWrongWithARequestIsSaidInPlainWords(String request, String words) throws IOException {
        try (RawClient client = ready()) {
            assertEquals(words, client.ask(request.strip()).at("/error/desc").asText());
        }
    }

    @Test
    void whatNobodyHasForeseenIsNotQuotedAsJavaSaysIt() throws IOException {
        control.take(machine);
        migrations.onCheck = () -> {
            throw new IllegalStateException("the wheel came off");
        };
        try (RawClient client = ready()) {
            JsonNode answer = client.ask("{\"execute\":\"x-sterna-check\",\"arguments\":{\"uri\":\"tcp:h:1\"}}");
            assertEquals("something unforeseen went wrong: the wheel came off (report it, with the log of the machine's"
                + " process)", answer.at("/error/desc").asText());
        }
    }

    @Test
    void anEstimateThatThereIsNotIsLeftOut() throws Exception {
        control.take(machine);
        machine.boot();
        try (RawClient client = ready()) {
            client.ask("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:/peer\"}}");
            FakeMigrations.Outgoing outgoing = migrations.started.take();
            assertEquals(10, client.ask("{\"execute\":\"query-migrate\"}").at("/return/expected-downtime").asInt());
            outgoing.expected = Long.MAX_VALUE;
            outgoing.step(MigrationStatus.Phase.PRECOPY);
            assertFalse(client.ask("{\"execute\":\"query-migrate\"}").get("return").has("expected-downtime"));
        }
    }

    /** As QEMU's: RESUME when the guest runs, and no STOP for one that arrives paused. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anArrivalIsToldByResumeIfTheGuestRuns(boolean runs) throws IOException {
        try (RawClient client = ready()) {
            machine.boot();
            if (!runs) {
                machine.pause();
            }
            control.take(machine);
            if (runs) {
                assertEquals("RESUME ", event(client));
                machine.pause();
                assertEquals("STOP ", event(client));
            }
            machine.resume();
            assertEquals("RESUME ", event(client), "and nothing before it");
            assertEquals("running", client.ask("{\"execute\":\"query-status\"}").at("/return/status").asText());
        }
    }

    @Test
    void tellsAllClientsWhatHappens() throws IOException {
        control.take(machine);
        machine.boot();
        try (RawClient one = ready(); RawClient two = ready(); RawClient mute = connect()) {
            one.send("{\"execute\":\"stop\"}\n");
            assertEquals("STOP", one.read().at("/event").asText());
            assertTrue(one.read().at("/return").isObject());
            assertEquals("STOP", two.read().at("/event").asText());
            assertEquals("paused", two.ask("{\"execute\":\"query-status\"}").at("/return/status").asText());
            two.send("{\"execute\":\"cont\"}\n");
            assertEquals("RESUME", one.read().at("/event").asText());
            assertEquals(Machine.Phase.RUNNING, machine.phase());
            machine.become(Machine.Phase.STOPPED, "power off");
            JsonNode shutdown = one.read();
            assertEquals("guest-shutdown", shutdown.at("/data/reason").asText());
            assertEquals("power off", shutdown.at("/data/x-sterna-why").asText());
            assertTrue(shutdown.at("/timestamp/seconds").isIntegralNumber());
            assertTrue(mute.ask("{\"execute\":\"qmp_capabilities\"}").has("return"), "no events before negotiation");
        }
    }

    @Test
    void tellsOfRequestsThatTheHostCannotCarryOut() throws IOException {
        control.take(machine);
        machine.boot();
        var reason = new Reason("/virtio-blk@0", "drive", "disk.raw cannot be written: No space left on device", "make room");
        try (RawClient client = ready()) {
            machine.fail(new IoError(reason, IoError.Operation.READ, IoError.Action.REPORT, false));
            JsonNode reported = client.read();
            assertEquals("BLOCK_IO_ERROR", reported.at("/event").asText());
            assertEquals(Json.object().put("device", "/virtio-blk@0").put("operation", "read").put("action", "report")
                .put("nospace", false).put("reason", reason.cause()).put("x-sterna-property", "drive")
                .put("x-sterna-remedy", "make room"), reported.at("/data"));
            assertEquals("running", client.ask("{\"execute\":\"query-status\"}").at("/return/status").asText());
            machine.fail(new IoError(reason, IoError.Operation.WRITE, IoError.Action.STOP, true));
            JsonNode stopped = client.read();
            assertEquals("BLOCK_IO_ERROR", stopped.at("/event").asText());
            assertEquals("stop", stopped.at("/data/action").asText());
            assertTrue(stopped.at("/data/nospace").asBoolean());
            assertEquals("STOP", client.read().at("/event").asText());
            JsonNode status = client.ask("{\"execute\":\"query-status\"}").at("/return");
            assertEquals("io-error", status.at("/status").asText());
            assertFalse(status.at("/running").asBoolean());
            JsonNode whole = client.ask("{\"execute\":\"x-sterna-status\"}").at("/return");
            assertEquals("write", whole.at("/io-error/operation").asText());
            assertTrue(whole.at("/why").asText().contains("make room"));
        }
    }

    @ParameterizedTest
    @CsvSource({"FAILED, false, host-error, internal-error", "PANICKED, true, guest-panic, guest-panicked"})
    void aFailureIsNoPowerOff(Machine.Phase phase, boolean guest, String reason, String status) throws Exception {
        CompletableFuture<MachineControl.End> stay = control.take(machine);
        machine.boot();
        try (RawClient client = ready()) {
            machine.become(phase, "no way on");
            JsonNode shutdown = client.read();
            assertEquals("SHUTDOWN", shutdown.at("/event").asText());
            assertEquals(guest, shutdown.at("/data/guest").asBoolean());
            assertEquals(reason, shutdown.at("/data/reason").asText());
            assertEquals("no way on", shutdown.at("/data/x-sterna-why").asText());
            JsonNode answer = client.ask("{\"execute\":\"query-status\"}").get("return");
            assertEquals(status, answer.at("/status").asText());
            assertFalse(answer.at("/running").asBoolean());
            assertEquals(phase.name(), stay.get(10, TimeUnit.SECONDS).name());
        }
    }

    @Test
    void showsTheMachineAndItsParts() throws IOException {
        try (RawClient client = ready()) {
            assertEquals("GenericError", client.ask("{\"execute\":\"x-sterna-status\"}").at("/error/class").asText());
            control.take(machine);
            JsonNode status = client.ask("{\"execute\":\"x-sterna-status\"}").get("return");
            assertEquals(machine.abi().fingerprint(), status.at("/fingerprint").asText());
            assertEquals("created", status.at("/phase").asText());
            assertEquals("1.1.0", status.at("/parts/0/bundle").asText());
            assertEquals(2, status.at("/parts/0/state").asInt());
        }
    }

    @Test
    void passesTheVerdictOn() throws IOException {
        control.take(machine);
        try (RawClient client = ready()) {
            JsonNode verdict = client.ask("{\"execute\":\"x-sterna-check\",\"arguments\":{\"uri\":\"tcp:h:1\"}}");
            assertEquals(Verdicts.okIf(), VerdictJson.read(verdict.get("return")));
        }
    }

    @Test
    void followsAMigrationToItsEnd() throws Exception {
        CompletableFuture<MachineControl.End> stay = control.take(machine);
        machine.boot();
        try (RawClient client = ready()) {
            assertTrue(client.ask("{\"execute\":\"query-migrate\"}").at("/return").isEmpty());
            client.send("{\"execute\":\"x-sterna-migrate\",\"arguments\":{\"uri\":\"unix:/peer\",\"downtime-limit\":50,"
                + "\"bandwidth\":1000,\"accept-loss\":[\"/a@0.b\"]}}\n");
            JsonNode first = client.read();
            JsonNode second = client.read();
            JsonNode active = first.has("event") ? first : second;
            assertEquals("active", active.at("/data/status").asText());
            FakeMigrations.Outgoing outgoing = migrations.started.take();
            assertEquals("unix:/peer", outgoing.target.toString());
            assertEquals(50, outgoing.options.downtimeLimit().toMillis());
            assertEquals(1000, outgoing.options.bandwidth());
            assertEquals("[/a@0.b]", outgoing.options.acceptLoss().toString());
            assertTrue(client.ask("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:/peer\"}}").has("error"));
            JsonNode running = client.ask("{\"execute\":\"query-migrate\"}").get("return");
            assertEquals(3, running.at("/ram/dirty-sync-count").asInt());
            assertEquals(1000, running.at("/ram/dirty-pages-rate").asInt());
            assertFalse(running.has("downtime"));
            assertFalse(stay.isDone());
            outgoing.step(MigrationStatus.Phase.COMPLETED);
            JsonNode end = client.read();
            while (!end.at("/event").asText().equals("MIGRATION")) {
                end = client.read();
            }
            assertEquals("completed", end.at("/data/status").asText());
            assertEquals(20, end.at("/data/x-sterna-info/downtime").asInt());
            assertEquals(MachineControl.End.MIGRATED, stay.get(10, TimeUnit.SECONDS));
            assertEquals("postmigrate", client.ask("{\"execute\":\"query-status\"}").at("/return/status").asText());
            assertTrue(client.ask("{\"execute\":\"cont\"}").has("error"), "the guest must not run twice");
        }
    }

    private static String event(RawClient client) throws IOException {
        JsonNode message = client.read();
        while (!message.has("event")) {
            message = client.read();
        }
        return message.at("/event").asText() + " " + message.at("/data/status").asText();
    }

    /** As QEMU's: it stops the guest before it says so of the migration, and lets it go on after it has said that the migration failed. */
    @ParameterizedTest
    @CsvSource({"FAILED, MIGRATION failed, 'RESUME '", "CANCELLED, 'RESUME ', MIGRATION cancelled"})
    void eventsHaveTheOrderOfQemu(MigrationStatus.Phase phase, String first, String second) throws Exception {
        control.take(machine);
        machine.boot();
        try (RawClient client = ready()) {
            client.send("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:/peer\"}}\n");
            FakeMigrations.Outgoing outgoing = migrations.started.take();
            outgoing.operation.hold();
            outgoing.step(MigrationStatus.Phase.SWITCHOVER);
            outgoing.operation.release();
            outgoing.step(phase);
            machine.pause();
            for (String event : List.of("MIGRATION active", "STOP ", "MIGRATION device", first, second, "STOP ")) {
                assertEquals(event, event(client));
            }
        }
    }

    /** A guest that is stopped before the end of its migration is told has gone on for a moment; both are told. */
    @Test
    void noResumeIsForgotten() throws Exception {
        control.take(machine);
        machine.boot();
        try (RawClient client = ready()) {
            client.send("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:/peer\"}}\n");
            FakeMigrations.Outgoing outgoing = migrations.started.take();
            outgoing.operation.hold();
            outgoing.step(MigrationStatus.Phase.SWITCHOVER);
            outgoing.operation.release();
            machine.pause();
            outgoing.step(MigrationStatus.Phase.FAILED);
            for (String event : List.of("MIGRATION active", "STOP ", "MIGRATION device", "RESUME ", "STOP ", "MIGRATION failed")) {
                assertEquals(event, event(client));
            }
        }
    }

    @Test
    void aGuestThatComesBackIsUnderControlAtOnceAndTheMigrationIsNotForgotten() throws Exception {
        CompletableFuture<MachineControl.End> first = control.take(machine);
        machine.boot();
        try (RawClient client = ready()) {
            client.ask("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:/peer\"}}");
            migrations.started.take().step(MigrationStatus.Phase.COMPLETED);
            var back = new FakeMachine("guest");
            back.boot();
            CompletableFuture<MachineControl.End> second = control.take(back);
            while (!client.read().at("/data/status").asText().equals("completed")) {
                // What came before.
            }
            assertEquals("running", client.ask("{\"execute\":\"query-status\"}").at("/return/status").asText());
            assertEquals("completed", client.ask("{\"execute\":\"query-migrate\"}").at("/return/status").asText());
            client.send("{\"execute\":\"stop\"}\n");
            while (!event(client).equals("STOP ")) {
                // That the guest runs may be told after the end of the migration.
            }
            assertEquals(Machine.Phase.PAUSED, back.phase());
            control.settle(machine, first.get(10, TimeUnit.SECONDS));
            assertFalse(second.isDone());
        }
    }

    @Test
    void aGuestWhoseHandOverIsUnconfirmedGoesOnOnlyByForceAndIfItsDisksCanBeTakenBack() throws Exception {
        control.take(machine);
        machine.boot();
        machine.handOver();
        machine.attachFailure = MachineException.failed("/virtio-blk@0", "drive", "x is in use by another process", "stop it");
        try (QmpClient client = QmpClient.connect(endpoint, event -> { })) {
            var refused = assertThrows(MachineException.class, () -> client.execute("cont", Json.object()));
            assertTrue(refused.getMessage().contains("which has not confirmed it"), refused.getMessage());
            assertTrue(refused.getMessage().contains("resume it here by force"), refused.getMessage());
            ObjectNode force = Json.object().put("x-sterna-force", true);
            refused = assertThrows(MachineException.class, () -> client.execute("cont", force));
            assertEquals("drive", refused.reasons().getFirst().item());
            assertEquals(Machine.Phase.PAUSED, machine.phase());
            assertEquals(Ownership.UNCONFIRMED, machine.ownership());
            machine.attachFailure = null;
            assertThrows(MachineException.class, () -> client.execute("cont", Json.object()));
            client.execute("cont", force);
            assertTrue(machine.attached());
            assertEquals(Machine.Phase.RUNNING, machine.phase());
        }
    }

    @Test
    void quitDoesNotThrowAnUnconfirmedGuestAwayWithoutForce() throws Exception {
        CompletableFuture<MachineControl.End> stay = control.take(machine);
        machine.boot();
        machine.handOver();
        try (QmpClient client = QmpClient.connect(endpoint, event -> { })) {
            var refused = assertThrows(MachineException.class, () -> client.execute("quit", Json.object()));
            assertTrue(refused.getMessage().contains("this may be the only copy"), refused.getMessage());
            assertFalse(stay.isDone());
            client.execute("quit", Json.object().put("x-sterna-force", true));
            assertEquals(MachineControl.End.QUIT, stay.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void aFailedMigrationShowsTheReasonsWhole() throws Exception {
        CompletableFuture<MachineControl.End> stay = control.take(machine);
        try (RawClient client = ready()) {
            client.send("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:/peer\"}}\n");
            var reason = new Reason("/a@0", "field", "does not fit", "update it");
            migrations.started.take().step(MigrationStatus.Phase.FAILED, reason);
            JsonNode message = client.read();
            while (!message.at("/data").has("x-sterna-info")) {
                message = client.read();
            }
            assertEquals(reason, Json.reason(message.at("/data/x-sterna-info/x-sterna-reasons/0")));
            assertFalse(stay.isDone(), "the guest goes on here");
        }
    }

    @Test
    void quitEndsTheStay() throws Exception {
        CompletableFuture<MachineControl.End> stay = control.take(machine);
        try (RawClient client = ready()) {
            client.send("{\"execute\":\"quit\"}\n");
            assertEquals(MachineControl.End.QUIT, stay.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void whoSaysQuitGetsAnAnswerBeforeTheServerGoes() throws Exception {
        CompletableFuture<Void> gone = control.quitRequest().thenRunAsync(server::close);
        try (QmpClient client = QmpClient.connect(endpoint, event -> { })) {
            client.execute("quit", Json.object());
        }
        gone.get(10, TimeUnit.SECONDS);
    }

    @Test
    void theSocketIsForThisUserOnlyAndGoesWithTheServer() throws IOException {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(endpoint.path())));
        try (RawClient client = ready()) {
            server.close();
            assertNull(client.line());
        }
        assertFalse(Files.exists(endpoint.path()));
    }

    @Test
    void takesOverAStaleSocketButNeverALivingOneOrAFile() throws IOException {
        var other = new MachineControl("other", migrations);
        assertThrows(MachineException.class, () -> new QmpServer(endpoint, other));
        Path stale = folder.resolve("stale.sock");
        try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(stale))) {
            assertNotNull(dead);
        }
        assertTrue(Files.exists(stale));
        new QmpServer(new Endpoint.Unix(stale), other).close();
        Path file = Files.writeString(folder.resolve("file"), "precious");
        assertThrows(MachineException.class, () -> new QmpServer(new Endpoint.Unix(file), other));
        assertEquals("precious", Files.readString(file));
    }

    @Test
    void theClientSaysWhatIsWrong() throws IOException {
        var nobody = assertThrows(MachineException.class,
            () -> QmpClient.connect(new Endpoint.Unix(folder.resolve("none")), event -> { }));
        assertTrue(nobody.getMessage().contains("no machine answers"), nobody.getMessage());
        try (QmpClient client = QmpClient.connect(endpoint, event -> { })) {
            var refused = assertThrows(MachineException.class, () -> client.execute("x-sterna-status", Json.object()));
            assertTrue(refused.getMessage().contains("no machine is here yet"), refused.getMessage());
        }
        Path strange = folder.resolve("strange");
        try (var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(strange))) {
            Thread.ofVirtual().start(() -> {
                try (SocketChannel peer = listener.accept()) {
                    peer.write(StandardCharsets.UTF_8.encode("SSH-2.0-OpenSSH_9.2\r\n"));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            var foreign = assertThrows(MachineException.class,
                () -> QmpClient.connect(new Endpoint.Unix(strange), event -> { }));
            assertTrue(foreign.getMessage().contains("no control socket"), foreign.getMessage());
        }
    }
}
