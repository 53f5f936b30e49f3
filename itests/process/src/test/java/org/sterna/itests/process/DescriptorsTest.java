package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.itests.process.Sterna.Background;

/** A process whose file descriptors are used up: it waits quietly, and goes on when there are some again. */
class DescriptorsTest {
    private static final int DESCRIPTORS = 1000;
    /** Lower ones are in use from the beginning to the end of a process. */
    private static final int NO_MORE = 3;
    private static final Duration WATCHED = Duration.ofSeconds(4);

    @TempDir
    Path folder;
    private Sterna sterna;
    private final List<SocketChannel> connections = new ArrayList<>();

    @BeforeEach
    void prepare() {
        sterna = new Sterna(folder);
    }

    @AfterEach
    void close() throws Exception {
        disconnect();
        sterna.close();
    }

    /** Takes all descriptors from a process that it does not use yet, and connects to one of its sockets in vain. */
    private void exhaust(String socket, Background process) throws Exception {
        limit(process, NO_MORE);
        for (int i = 0; i < 5; i++) {
            connect(socket);
        }
    }

    /** Lets a process open no descriptor from this number on; those that it has stay open. */
    private static void limit(Background process, int descriptors) throws Exception {
        var command = new ProcessBuilder("prlimit", "--pid", Long.toString(pid(process)), "--nofile=" + descriptors + ":");
        assertEquals(0, command.inheritIO().start().waitFor());
    }

    private SocketChannel connect(String socket) throws IOException {
        var connection = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve(socket)));
        connections.add(connection);
        return connection;
    }

    private void disconnect() throws IOException {
        for (SocketChannel connection : connections) {
            connection.close();
        }
        connections.clear();
    }

    private static long pid(Background process) {
        // The command execs the virtual machine.
        return process.process().pid();
    }

    /** The processor time that a process has used, in ticks of 10 ms. */
    private static long ticks(Background process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid(process) + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private void staysQuiet(Background process, int complaints) throws IOException {
        long before = ticks(process);
        LockSupport.parkNanos(WATCHED.toNanos());
        Duration used = Duration.ofMillis(10 * (ticks(process) - before));
        assertTrue(used.compareTo(WATCHED.dividedBy(4)) < 0, "it has used " + used + " of " + WATCHED);
        assertEquals(complaints, process.errText().split("cannot be accepted", -1).length - 1, process.errText());
    }

    @Test
    void aControlSocketDoesNotSpin() throws Exception {
        Background receiver = sterna.receiver("r");
        exhaust("r.sock", receiver);
        staysQuiet(receiver, 1);
        limit(receiver, DESCRIPTORS);
        assertEquals("inmigrate", sterna.qmp("r", "query-status").at("/return/status").asText());
    }

    @Test
    void aReceiverDoesNotSpin() throws Exception {
        Background receiver = sterna.receiver("r");
        exhaust("r.sock", receiver);
        connect("r.in");
        staysQuiet(receiver, 2);
    }

    @Test
    @Timeout(120)
    void aSerialLineHasItsPeerOnceThereAreDescriptorsAgain() throws Exception {
        Background guest = sterna.start(sterna.drill("g", "virt-1.3", "--device",
            "serial,backend=unix,path=" + folder.resolve("g.tty")));
        Sterna.await(guest.err(), text -> Files.exists(folder.resolve("g.tty")) && Files.exists(folder.resolve("g.sock")), guest);
        // What it needs to begin, such as its kernel, it has opened then.
        Sterna.await(guest.err(), text -> runs("g"), guest);
        exhaust("g.sock", guest);
        try (var terminal = terminal()) {
            Sterna.await(guest.err(), text -> text.contains("a serial line cannot be accepted"), guest);
            limit(guest, DESCRIPTORS);
            // The guest reports again and again; what it said before anybody was there is gone.
            assertTrue(hasOutput(terminal));
        }
    }

    private boolean runs(String name) {
        try {
            return sterna.qmp(name, "query-status").at("/return/status").asText().equals("running");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private SocketChannel terminal() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("g.tty")));
    }

    /** A connection that was taken when there was no descriptor for the rest of it is closed; a terminal connects again then. */
    private boolean hasOutput(SocketChannel first) throws IOException {
        if (reads(first)) {
            return true;
        }
        try (var again = terminal()) {
            return reads(again);
        }
    }

    private static boolean reads(SocketChannel terminal) {
        try {
            return terminal.read(ByteBuffer.allocate(64)) > 0;
        } catch (IOException reset) {
            return false;
        }
    }
}
