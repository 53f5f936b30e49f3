package org.sterna.provisioning.internal.download;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.MachineException;

/** Servers and indexes that are not what they should be. */
class DownloadTest {
    private static final byte[] BYTES = "a jar".getBytes();
    private static final int LIMIT = 1_000;

    @TempDir
    Path folder;
    private HttpServer server;
    private HttpServer another;
    private final CountDownLatch done = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeEach
    void servers() throws IOException {
        server = server();
        another = server();
    }

    private HttpServer server() throws IOException {
        HttpServer made = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        made.setExecutor(threads);
        made.createContext("/jar", exchange -> answer(exchange, BYTES));
        made.start();
        return made;
    }

    @AfterEach
    void end() {
        done.countDown();
        server.stop(0);
        another.stop(0);
        threads.shutdownNow();
    }

    private static void answer(HttpExchange exchange, byte[] bytes) throws IOException {
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static URI uri(HttpServer of, String path) {
        return URI.create("http://localhost:" + of.getAddress().getPort() + path);
    }

    private void redirect(String path, String to) {
        server.createContext(path, exchange -> {
            exchange.getResponseHeaders().set("Location", to);
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
    }

    private Download.Content read(URI uri, Scope scope) {
        return read(uri, scope, Duration.ofMinutes(1));
    }

    private Download.Content read(URI uri, Scope scope, Duration duration) {
        try (var download = new Download(Deadline.in(duration))) {
            return download.read(uri, scope, "the jar", LIMIT);
        }
    }

    private String refused(URI uri, Scope scope) {
        return assertThrows(MachineException.class, () -> read(uri, scope)).getMessage();
    }

    private static void assertSays(String text, String expected) {
        assertTrue(text.contains(expected), text);
    }

    @Test
    void filesAndServersAreRead() throws Exception {
        Path file = Files.write(folder.resolve("file"), BYTES);
        assertArrayEquals(BYTES, read(file.toUri(), Scope.operator()).bytes());
        assertArrayEquals(BYTES, read(uri(server, "/jar"), Scope.operator()).bytes());
        assertSays(refused(folder.resolve("none").toUri(), Scope.operator()), "there is no such file");
        assertSays(refused(uri(server, "/none"), Scope.operator()), "there is no such file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ftp://localhost/jar", "jar:file:/etc/passwd!/x", "FTP://localhost/x", "mailto:me",
        "data:,x", "relative"})
    void noOtherScheme(String uri) {
        assertSays(refused(URI.create(uri), Scope.operator()), "is none of file, http, https");
    }

    @Test
    void anIndexOnAServerReachesThatServerOnly() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "secret");
        Scope scope = Scope.index(uri(server, "/r/index.xml"));
        assertArrayEquals(BYTES, read(uri(server, "/jar"), scope).bytes());
        for (URI other : List.of(secret.toUri(), URI.create(secret.toUri().toString().replace("file:", "FILE:")),
                folder.resolve("none").toUri(), uri(another, "/jar"), URI.create("https://localhost/jar"),
                URI.create("http://localhost/jar"))) {
            assertSays(refused(other, scope), "is not on the server of the index");
        }
        assertFalse(Scope.index(URI.create("http://h/index.xml")).objection(URI.create("https://H:443/jar"))
            .isPresent());
        assertTrue(Scope.index(URI.create("https://h/index.xml")).objection(URI.create("http://h/jar")).isPresent());
        assertTrue(Scope.index(URI.create("http://h/index.xml")).objection(URI.create("https://h:8443/jar"))
            .isPresent());
    }

    @Test
    void anIndexInAFileReachesWhatIsBelowItsFolder() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "secret");
        Path repository = Files.createDirectories(folder.resolve("repository/jars")).getParent();
        Path jar = Files.write(repository.resolve("jars/a.jar"), BYTES);
        Files.createSymbolicLink(repository.resolve("jars/link.jar"), secret);
        Files.createSymbolicLink(repository.resolve("out"), folder);
        Scope scope = Scope.index(repository.resolve("index.xml").toUri());
        assertArrayEquals(BYTES, read(jar.toUri(), scope).bytes());
        assertArrayEquals(BYTES, read(uri(server, "/jar"), scope).bytes());
        assertSays(refused(repository.resolve("jars/none.jar").toUri(), scope), "there is no such file");
        for (String other : List.of("../secret", "jars/../../secret", "jars/link.jar", "out/secret", "../none")) {
            assertSays(refused(URI.create(repository.toUri() + other), scope), "is not below the folder of the index");
        }
        assertSays(refused(URI.create("file:/etc/passwd"), scope), "is not below the folder of the index");
    }

    @Test
    void aRedirectStaysOnItsServer() throws Exception {
        redirect("/near", "/jar");
        redirect("/far", uri(another, "/jar").toString());
        redirect("/file", folder.resolve("secret").toUri().toString());
        redirect("/round", "/round");
        redirect("/odd", "http://[");
        Files.writeString(folder.resolve("secret"), "secret");
        Download.Content content = read(uri(server, "/near"), Scope.operator());
        assertArrayEquals(BYTES, content.bytes());
        assertEquals(uri(server, "/jar"), content.from());
        assertSays(refused(uri(server, "/far"), Scope.operator()), "the server sends elsewhere, to "
            + uri(another, "/jar"));
        assertSays(refused(uri(server, "/file"), Scope.operator()), "the server sends elsewhere, to file:");
        assertSays(refused(uri(server, "/round"), Scope.operator()), "more than 5 times");
        assertSays(refused(uri(server, "/odd"), Scope.operator()), "cannot be read");
    }

    @Test
    void nothingButRegularFiles() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        for (Path other : List.of(fifo, folder, Path.of("/dev/zero"))) {
            assertSays(refused(other.toUri(), Scope.operator()), "it is not a regular file");
        }
    }

    @Test
    void noMoreThanTheLimit() throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[LIMIT + 1]);
        server.createContext("/long", exchange -> answer(exchange, new byte[LIMIT + 1]));
        server.createContext("/endless", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                while (done.getCount() > 0) {
                    out.write(new byte[LIMIT]);
                }
            }
        });
        assertSays(refused(file.toUri(), Scope.operator()), "it is longer than 1000 bytes");
        assertSays(refused(uri(server, "/long"), Scope.operator()), "it is longer than 1000 bytes");
        assertSays(refused(uri(server, "/endless"), Scope.operator()), "it is longer than 1000 bytes");
        assertEquals(LIMIT, read(Files.write(file, new byte[LIMIT]).toUri(), Scope.operator()).bytes().length);
    }

    /** Each read gets something in time, but never all of it. */
    @Test
    void aByteNowAndThenDoesNotStretchTheDeadline() throws Exception {
        server.createContext("/drip", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream out = exchange.getResponseBody()) {
                while (!done.await(100, TimeUnit.MILLISECONDS)) {
                    out.write(1);
                    out.flush();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        String late = assertThrows(MachineException.class,
            () -> read(uri(server, "/drip"), Scope.operator(), Duration.ofMillis(700))).getMessage();
        assertSays(late, "the jar has not come within 700 ms");
    }

    @Test
    void aHeaderByteNowAndThenDoesNotEither() throws Exception {
        try (var listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            threads.submit(() -> {
                try (Socket socket = listening.accept(); OutputStream out = socket.getOutputStream()) {
                    out.write("HTTP/1.1 200 OK\r\nX: ".getBytes());
                    while (!done.await(100, TimeUnit.MILLISECONDS)) {
                        out.write('x');
                    }
                }
                return null;
            });
            String late = assertThrows(MachineException.class, () ->
                read(URI.create("http://localhost:" + listening.getLocalPort()),
                Scope.operator(), Duration.ofMillis(700))).getMessage();
            assertSays(late, "the jar has not come within 700 ms");
        }
    }

    @Test
    void whatMayBeASecretIsNotTold() throws Exception {
        String port = ":" + server.getAddress().getPort();
        String said = refused(URI.create("http://me:word@localhost" + port + "/none?token=word#word"),
            Scope.operator());
        assertFalse(said.contains("word@") || said.contains("token"), said);
        assertSays(said, "http://localhost" + port + "/none");
        assertSays(said, "a user's name or password");
        assertTrue(Download.shown(URI.create("http://h/" + "x".repeat(9_000))).length() < 400);
    }

    @Test
    void anAnswerThatIsNoneIsAReason() throws Exception {
        server.createContext("/broken", exchange -> {
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        });
        assertSays(refused(uri(server, "/broken"), Scope.operator()), "the server answers with status 503");
        URI gone = uri(another, "/jar");
        another.stop(0);
        assertSays(refused(gone, Scope.operator()), "the server cannot be reached");
    }
}
