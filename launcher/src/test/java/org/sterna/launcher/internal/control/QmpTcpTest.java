package org.sterna.launcher.internal.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.launcher.internal.FakeMachine;
import org.sterna.launcher.internal.FakeMigrations;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;

/** The control socket on TCP, as everybody on the host and every page in a browser can reach it. */
@Timeout(30)
class QmpTcpTest {
    private static final ControlToken TOKEN = new ControlToken("a-token-of-this-test");
    private static final String CAPABILITIES = "{\"execute\":\"qmp_capabilities\"}";
    private static final String STOP = "{\"execute\":\"stop\"}";

    private final MachineControl control = new MachineControl("guest", new FakeMigrations());
    private final FakeMachine machine = new FakeMachine("guest");
    private QmpServer server;
    private Endpoint.Tcp endpoint;

    @BeforeEach
    void open() {
        server = new QmpServer(new Endpoint.Tcp("127.0.0.1", 0), control, new TcpAccess(TOKEN, false));
        endpoint = (Endpoint.Tcp) server.endpoint();
        control.take(machine);
        machine.boot();
    }

    @AfterEach
    void close() {
        server.close();
        assertEquals(Machine.Phase.RUNNING, machine.phase(), "nobody who may not has stopped the guest");
    }

    private RawClient connect() throws IOException {
        return new RawClient(new InetSocketAddress(endpoint.host(), endpoint.port()));
    }

    private static String authentication(String token) {
        return "{\"execute\":\"x-sterna-authenticate\",\"arguments\":{\"token\":\"" + token + "\"}}";
    }

    @Test
    void whoKnowsTheTokenMayCommand() throws IOException {
        try (RawClient client = connect()) {
            assertTrue(client.greeting().at("/QMP/x-sterna-token-wanted").asBoolean());
            assertTrue(client.ask(authentication(TOKEN.text())).at("/return").isEmpty());
            assertTrue(client.ask(CAPABILITIES).at("/return").isEmpty());
            assertEquals("guest", client.ask("{\"execute\":\"query-name\"}").at("/return/name").asText());
        }
    }

    @Test
    void withoutTheTokenNothingIsDone() throws IOException {
        try (RawClient client = connect()) {
            for (String request : new String[] {CAPABILITIES, STOP, "{\"execute\":\"query-name\"}"}) {
                JsonNode answer = client.ask(request);
                assertEquals("CommandNotFound", answer.at("/error/class").asText(), request);
                assertTrue(answer.at("/error/desc").asText().contains("x-sterna-authenticate"), request);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a-token-of-this-tes", "a-token-of-this-test ", "another-token-of-that-test"})
    void aWrongTokenEndsTheSession(String wrong) throws IOException {
        try (RawClient client = connect()) {
            client.send(authentication(wrong) + authentication(TOKEN.text()) + CAPABILITIES + STOP);
            String rest = client.rest();
            assertTrue(rest.contains("this is not the token"), rest);
            assertFalse(rest.contains("return"), rest);
        }
    }

    /** A page in a browser can have any of these sent, to this address or to a name of its own that leads here. */
    @ParameterizedTest
    @ValueSource(strings = {"POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 500\r\n\r\n", "GET /", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\n\r\nPOST / HTTP/1.1\r\n\r\n", "\u0016\u0003\u0001", "[", "\"", "EHLO x\r\n"})
    void whatIsNoQmpEndsTheConnectionAndNoLineOfItIsACommand(String beginning) throws IOException {
        try (RawClient client = connect()) {
            client.send(beginning + "\n" + authentication(TOKEN.text()) + "\n" + CAPABILITIES + "\n" + STOP + "\n");
            assertEquals("", client.rest().replace("(reset)\n", ""));
        }
    }

    @Test
    void aRequestByHttpIsNotExecuted() throws Exception {
        String body = "\n" + authentication(TOKEN.text()) + "\n" + CAPABILITIES + "\n" + STOP + "\n";
        try (HttpClient browser = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + endpoint.port() + "/"))
                .header("Content-Type", "text/plain").POST(HttpRequest.BodyPublishers.ofString(body)).build();
            assertThrows(IOException.class, () -> browser.send(request, HttpResponse.BodyHandlers.ofString()));
        }
    }

    @Test
    void aRequestThatIsTooLongEndsTheSessionOfAStranger() throws IOException {
        try (RawClient client = connect()) {
            client.send("{\"execute\":\"" + "x".repeat(100_000) + "\"}" + authentication(TOKEN.text()) + CAPABILITIES + STOP);
            String rest = client.rest();
            assertFalse(rest.contains("return"), rest);
        }
    }

    @Test
    void theClientShowsTheTokenOrSaysThatOneIsMissing() {
        try (QmpClient client = QmpClient.connect(new ControlTarget(endpoint, Optional.of(TOKEN)), event -> { })) {
            assertEquals("guest", client.execute("query-name", Json.object()).path("name").asText());
        }
        var missing = assertThrows(MachineException.class, () -> QmpClient.connect(endpoint, event -> { }));
        assertTrue(missing.getMessage().contains("STERNA_CONTROL_TOKEN_FILE"), missing.getMessage());
        var wrong = new ControlTarget(endpoint, Optional.of(ControlToken.random()));
        var refused = assertThrows(MachineException.class, () -> QmpClient.connect(wrong, event -> { }));
        assertTrue(refused.getMessage().contains("this is not the token"), refused.getMessage());
    }

    @Test
    void otherHostsReachItOnlyIfTheOperatorSaysSo() {
        var everywhere = new Endpoint.Tcp("0.0.0.0", 0);
        var other = new MachineControl("other", new FakeMigrations());
        var refused = assertThrows(MachineException.class, () -> new QmpServer(everywhere, other, new TcpAccess(TOKEN, false)));
        assertEquals(MachineException.Kind.USAGE, refused.kind());
        assertTrue(refused.getMessage().contains("--control-remote"), refused.getMessage());
        new QmpServer(everywhere, other, new TcpAccess(TOKEN, true)).close();
    }
}
