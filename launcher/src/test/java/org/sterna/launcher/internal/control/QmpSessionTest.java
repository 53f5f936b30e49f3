package org.sterna.launcher.internal.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.launcher.internal.FakeMachine;
import org.sterna.launcher.internal.FakeMigrations;
import org.sterna.migration.Endpoint;

/** How sessions end, and what becomes of commands that wait or are under way then. */
@Timeout(60)
class QmpSessionTest {
    private static final String CHECK = "{\"execute\":\"x-sterna-check\",\"arguments\":{\"uri\":\"tcp:h:1\"}}\n";
    private static final String NAME = "{\"execute\":\"query-name\"}\n";

    @TempDir
    private Path folder;

    private final FakeMigrations migrations = new FakeMigrations();
    private final MachineControl control = new MachineControl("guest", migrations);
    private final AtomicInteger checks = new AtomicInteger();
    private QmpServer server;
    private UnixDomainSocketAddress address;

    @BeforeEach
    void open() {
        address = UnixDomainSocketAddress.of(folder.resolve("control.sock"));
        server = new QmpServer(new Endpoint.Unix(address.getPath()), control);
        var machine = new FakeMachine("guest");
        control.take(machine);
        machine.boot();
        migrations.onCheck = checks::incrementAndGet;
    }

    @AfterEach
    void close() {
        server.close();
    }

    private RawClient ready() throws IOException {
        var client = new RawClient(address);
        assertTrue(client.ask("{\"execute\":\"qmp_capabilities\"}").at("/return").isEmpty());
        return client;
    }

    @Test
    void commandsOfAClientThatHasGoneAreDropped() throws Exception {
        var first = new CountDownLatch(1);
        var gone = new CountDownLatch(1);
        migrations.onCheck = () -> {
            checks.incrementAndGet();
            first.countDown();
            await(gone);
        };
        try (RawClient client = ready()) {
            client.send(CHECK.repeat(500));
            first.await();
        }
        gone.countDown();
        server.linger(Duration.ofSeconds(30));
        assertEquals(1, checks.get(), "nobody waits for the answers to the others");
    }

    @Test
    void aClientThatDoesNotReadWaitsForItself() throws Exception {
        try (RawClient flood = ready(); RawClient other = ready()) {
            var sending = Thread.ofPlatform().daemon().start(() -> {
                try {
                    flood.send(CHECK.repeat(200_000));
                } catch (IOException closed) {
                    // At the end of the test.
                }
            });
            int done = 0;
            do {
                done = checks.get();
                assertEquals("guest", other.ask(NAME).at("/return/name").asText());
            } while (done == 0 || checks.get() > done);
            assertTrue(sending.isAlive(), "what it sends is not piled up here");
            assertTrue(done < 5_000, done + " commands were executed whose answers nobody has read");
        }
    }

    @Test
    void whoSendsNoMoreStillGetsAllAnswers() throws Exception {
        try (SocketChannel channel = SocketChannel.open(address); RawClient other = ready()) {
            channel.write(ByteBuffer.wrap(("{\"execute\":\"qmp_capabilities\"}" + NAME.repeat(100)).getBytes()));
            channel.shutdownOutput();
            String all = new String(Channels.newInputStream(channel).readAllBytes());
            assertEquals(102, all.lines().count(), all);
            assertEquals("guest", other.ask(NAME).at("/return/name").asText());
        }
    }

    /** When a server has been closed its bundle may go, and its classes with it. */
    @Test
    void noCommandIsUnderWayWhenAServerHasBeenClosed() throws Exception {
        var begun = new CountDownLatch(1);
        var interrupted = new AtomicReference<Thread>();
        migrations.onCheck = () -> {
            begun.countDown();
            try {
                new Semaphore(0).acquire();
            } catch (InterruptedException e) {
                interrupted.set(Thread.currentThread());
                throw new IllegalStateException("interrupted");
            }
        };
        try (RawClient client = ready()) {
            client.send(CHECK + NAME);
            begun.await();
            server.close();
            String rest = client.rest();
            assertTrue(rest.contains("interrupted"), "its client is told: " + rest);
            assertFalse(rest.contains("guest"), "no further command has begun: " + rest);
        }
        assertFalse(interrupted.get().isAlive());
    }

    /** A command that cannot be interrupted is left behind, and whatever it throws is nobody's concern any more. */
    @Test
    void aCommandThatOutlivesItsServerFailsInSilence() throws Exception {
        var complaints = new ArrayList<Throwable>();
        var begun = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var session = new AtomicReference<Thread>();
        migrations.onCheck = () -> {
            session.set(Thread.currentThread());
            begun.countDown();
            await(goOn);
            throw new NoClassDefFoundError("org/sterna/Gone");
        };
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> complaints.add(fault));
        try (RawClient client = ready()) {
            client.send(CHECK);
            begun.await();
            server.close();
            goOn.countDown();
            session.get().join();
            assertEquals("", client.rest());
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        assertEquals("[]", complaints.toString());
    }

    private static void await(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anErrorInACommandIsAnAnswer() throws Exception {
        migrations.onCheck = () -> {
            throw new OutOfMemoryError("unable to create native thread");
        };
        try (RawClient client = ready()) {
            assertTrue(client.ask(CHECK).at("/error/desc").asText().contains("unable to create native thread"));
            assertEquals("guest", client.ask(NAME).at("/return/name").asText());
        }
    }

    @Test
    void clientsBeyondTheLimitAreTurnedAwayUntilOthersGo() throws Exception {
        var clients = new ArrayList<RawClient>();
        try {
            for (int i = 0; i < 64; i++) {
                clients.add(ready());
            }
            try (SocketChannel surplus = SocketChannel.open(address)) {
                assertEquals(-1, surplus.read(ByteBuffer.allocate(1)));
            }
            assertEquals("guest", clients.getFirst().ask(NAME).at("/return/name").asText());
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
        server.linger(Duration.ofSeconds(30));
        ready().close();
    }
}
