package org.sterna.device.serial.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.Replacement;
import org.sterna.machine.device.Device;
import org.sterna.machine.state.StateException;
import org.sterna.machine.time.GuestClock;
import org.sterna.testkit.DeviceBench;

/** Each back end, with real files and sockets. */
@Timeout(30)
class BackendsTest {
    @TempDir
    Path directory;

    @Test
    void nothingTakesEverything() {
        try (var guest = new Guest(Map.of())) {
            guest.print("into the void");
            guest.settle();
            assertEquals(0x60, guest.read(Guest.LSR));
        }
    }

    @Test
    void aFileIsAppendedTo() throws IOException {
        Path log = directory.resolve("serial.log");
        Files.writeString(log, "before\n");
        try (var guest = new Guest(Map.of("backend", "file", "path", log.toString()))) {
            guest.print("first\n");
            guest.bench.pause();
            guest.bench.device().detach();
            assertEquals("before\nfirst\n", Files.readString(log));
            guest.bench.attach();
            guest.bench.start();
            guest.print("second\n");
        }
        assertEquals("before\nfirst\nsecond\n", Files.readString(log));
    }

    /** What a device says that is never attached. */
    private static String obstacles(String... properties) {
        var values = new HashMap<String, String>();
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        var factory = new SerialFactory();
        try (var bench = new DeviceBench(factory, factory.model().abi(), values, new GuestClock(), 1 << 20)) {
            return bench.call(Device::obstacles).stream().map(Reason::toString).collect(Collectors.joining());
        }
    }

    private static void foreseen(String expected, String... properties) {
        String obstacles = obstacles(properties);
        assertTrue(obstacles.startsWith("/serial@0.") && obstacles.contains(expected), obstacles);
    }

    @Test
    void whatAnAttachWouldRefuseIsForeseenAndNothingIsCreated() throws IOException {
        String nowhere = directory.resolve("no-folder/here").toString();
        String here = directory.resolve("here").toString();
        foreseen("path: '" + nowhere + "' cannot be opened: there is no directory", "backend", "file", "path", nowhere);
        foreseen("it is a directory", "backend", "file", "path", directory.toString());
        foreseen("there is no directory", "backend", "unix", "path", nowhere);
        String tooLong = directory.resolve("x".repeat(300)).toString();
        foreseen("File name too long", "backend", "file", "path", tooLong);
        foreseen("the path of a socket has at most ", "backend", "unix", "path",
            directory.resolve("s".repeat(110)).toString());
        foreseen("address: ", "backend", "tcp", "address", "192.0.2.1:7000");
        assertEquals("", obstacles("backend", "file", "path", here));
        assertEquals("", obstacles("backend", "unix", "path", here));
        assertEquals("", obstacles("backend", "tcp", "address", "127.0.0.1:7000"));
        assertEquals("", obstacles());
        assertFalse(Files.exists(Path.of(here)));
        Files.writeString(Path.of(here), "precious");
        foreseen("not a socket", "backend", "unix", "path", here);
    }

    private Path fifo() throws Exception {
        Path fifo = directory.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        return fifo;
    }

    @Test
    void aFifoIsRefusedWithoutWaitingForItsOtherEnd() throws Exception {
        String fifo = fifo().toString();
        foreseen("special-file=on was not given (give special-file=on if it is meant, or name a file)", "backend",
            "file", "path", fifo);
        foreseen("special-file=on was not given", "backend", "file", "path", "/dev/full");
        assertEquals("", obstacles("backend", "file", "path", fifo, "special-file", "on"));
        var refused = assertThrows(MachineException.class, () -> new Guest(Map.of("backend", "file", "path", fifo)).close());
        assertTrue(refused.getMessage().contains("special-file=on was not given"), refused.getMessage());
    }

    @Test
    void aFifoThatIsMeantIsWrittenToAndNeedsNoReaderToBeOpened() throws Exception {
        Path fifo = fifo();
        try (var guest = new Guest(Map.of("backend", "file", "path", fifo.toString(), "special-file", "on"))) {
            guest.print("through the pipe");
            guest.settle();
            try (var in = Files.newInputStream(fifo)) {
                assertEquals("through the pipe", new String(in.readNBytes(16), StandardCharsets.UTF_8));
            }
        }
    }

    @Test
    void aSocketThatTheSourceListensOnIsNoObstacle() {
        String socket = directory.resolve("line").toString();
        try (var source = new Guest(Map.of("backend", "unix", "path", socket))) {
            assertEquals("", obstacles("backend", "unix", "path", socket));
            source.print("still there");
        }
    }

    @Test
    void aBurstWithFifoKeepsItsOrder() throws IOException {
        Path log = directory.resolve("serial.log");
        var text = new StringBuilder();
        try (var guest = new Guest(Map.of("backend", "file", "path", log.toString()))) {
            guest.write(Guest.FCR, 0x01);
            guest.write(Guest.IER, Uart.IER_THR_EMPTY);
            for (int burst = 0; burst < 100; burst++) {
                guest.bench.await("transmitter empty", guest.bench::interruptLevel);
                assertEquals(0xc0 | Uart.IIR_THR_EMPTY, guest.read(Guest.IIR));
                for (int i = 0; i < Fifos.SHORT.capacity(); i++) {
                    char character = (char) ('!' + (burst * 7 + i) % 90);
                    guest.write(Guest.DATA, character);
                    text.append(character);
                }
            }
        }
        assertEquals(text.toString(), Files.readString(log));
    }

    @Test
    void standardInputAndOutput() throws IOException {
        var savedIn = System.in;
        var savedOut = System.out;
        var out = new ByteArrayOutputStream();
        try (var typed = new PipedOutputStream(); var in = new PipedInputStream(typed)) {
            System.setIn(in);
            // Not flushed by itself: the device must do that.
            System.setOut(new PrintStream(new BufferedOutputStream(out, 4096), false));
            try (var guest = new Guest(Map.of("backend", "stdio"))) {
                guest.print("login: ");
                guest.bench.await("the prompt", () -> out.toString(StandardCharsets.US_ASCII).equals("login: "));
                typed.write("a name that is longer than a FIFO\n".getBytes(StandardCharsets.US_ASCII));
                assertEquals("a name that ", guest.receive(12));
                guest.bench.pause();
                guest.bench.device().detach();
                guest.bench.attach();
                guest.bench.start();
                assertEquals("is longer than a FIFO\n", guest.receive(22), "nothing is lost from one to the other");
            }
        } finally {
            System.setIn(savedIn);
            System.setOut(savedOut);
        }
    }

    @Test
    void whatComesDuringAWriteGoesOutInOne() throws Exception {
        var savedOut = System.out;
        var slow = new SlowOutput();
        try {
            System.setOut(new PrintStream(slow, false));
            try (var guest = new Guest(Map.of("backend", "stdio"))) {
                guest.write(Guest.DATA, '>');
                slow.entered.await();
                for (int i = 0; i < 1000; i++) {
                    guest.bench.await("room while a write goes on", () -> (guest.read(Guest.LSR) & Uart.LSR_THR_EMPTY) != 0);
                    guest.write(Guest.DATA, 'x');
                }
                guest.settle();
                slow.ready.countDown();
                guest.bench.await("the output", () -> slow.writes.size() == 2);
            }
        } finally {
            System.setOut(savedOut);
        }
        assertEquals(List.of(">", "x".repeat(1000)), slow.writes);
    }

    @Test
    void outputThatNobodyReadsHoldsTheTransmitterButNoPauseAndNoEnd() throws Exception {
        var savedOut = System.out;
        var unread = new SlowOutput();
        var sent = new StringBuilder();
        try {
            System.setOut(new PrintStream(unread, false));
            try (var guest = new Guest(Map.of("backend", "stdio"))) {
                guest.write(Guest.FCR, 0x01);
                do {
                    sent.append("x".repeat(Fifos.SHORT.capacity()));
                } while (fill(guest));
                assertEquals(0, guest.read(Guest.LSR) & 0x60, "THRE and TEMT stay off");
                guest.bench.pause();
                assertTrue(guest.state().transmit().length > 0, "what has not left is part of the state");
                guest.bench.start();
                swap(guest);
                unread.ready.countDown();
                guest.settle();
                guest.print("y");
                sent.append("y");
            }
            assertEquals(sent.toString(), String.join("", unread.writes), "all of it, in its order, when it is read");
            assertTrue(sent.length() < 1 << 18, "it is not piled up: " + sent.length());
        } finally {
            unread.ready.countDown();
            System.setOut(savedOut);
        }
    }

    @Test
    void aFifoThatNobodyReadsHoldsNoPauseAndNoEnd() throws Exception {
        Path fifo = fifo();
        try (var guest = new Guest(Map.of("backend", "file", "path", fifo.toString(), "special-file", "on"))) {
            guest.write(Guest.FCR, 0x01);
            while (fill(guest)) {
                assertEquals(0x20, guest.read(Guest.LSR) & 0x20);
            }
            guest.bench.pause();
            assertTrue(guest.state().transmit().length > 0, "what has not left is part of the state");
        }
    }

    @Test
    void aFileDoesNotGrowWithoutLimit() throws Exception {
        Path log = directory.resolve("serial.log");
        Path older = directory.resolve("serial.log.1");
        Path link = Files.createSymbolicLink(directory.resolve("link"), log);
        Files.writeString(log, "before!\n");
        Files.writeString(older, "older than that");
        var properties = Map.of("backend", "file", "path", link.toString(), "max-size", "64");
        try (var guest = new Guest(properties); var other = new Guest(properties)) {
            line(guest, "0123456789".repeat(5) + "first\n");
            assertEquals("before!\n" + "0123456789".repeat(5) + "first\n", Files.readString(log));
            line(guest, "second\n");
            assertEquals("before!\n" + "0123456789".repeat(5) + "first\n", Files.readString(older), "nothing new is lost");
            assertEquals("second\n", Files.readString(log));
            line(other, "of another\n");
            assertEquals("second\nof another\n", Files.readString(log), "each of them goes over to the new file");
            assertTrue(Files.isSymbolicLink(link));
        }
        try (var guest = new Guest(Map.of("backend", "file", "path", log.toString(), "max-size", "0"))) {
            line(guest, "x".repeat(200));
            assertEquals(18 + 200, Files.size(log), "no limit");
        }
    }

    /** Prints a text in one piece: the guest waits until all of it is written. */
    private static void line(Guest guest, String text) {
        for (char c : text.toCharArray()) {
            guest.write(Guest.DATA, c);
            guest.settle();
        }
    }

    @Test
    void whatIsNoFileIsNotReplacedByAnOlderLog() throws Exception {
        Path log = directory.resolve("serial.log");
        Path precious = Files.createDirectory(directory.resolve("serial.log.1"));
        try (var guest = new Guest(Map.of("backend", "file", "path", log.toString(), "max-size", "8"))) {
            line(guest, "0123456789abc");
        }
        assertEquals("01234567", Files.readString(log));
        assertTrue(Files.isDirectory(precious));
    }

    /** An output whose writes wait until it is ready. */
    private static final class SlowOutput extends OutputStream {
        final CountDownLatch entered = new CountDownLatch(1);
        final CountDownLatch ready = new CountDownLatch(1);
        final List<String> writes = new CopyOnWriteArrayList<>();

        @Override
        public void write(int value) {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) {
            entered.countDown();
            try {
                ready.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            writes.add(new String(bytes, from, count, StandardCharsets.US_ASCII));
        }
    }

    @Test
    void tcpCarriesBothWays() throws IOException {
        int port = freePort();
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try (var guest = new Guest(Map.of("backend", "tcp", "address", "127.0.0.1:" + port))) {
            converse(guest, address);
            converse(guest, address);
        }
        assertThrows(IOException.class, () -> SocketChannel.open(address).close());
    }

    @Test
    void unixCarriesBothWays() throws IOException {
        Path socket = directory.resolve("serial.sock");
        try (var guest = new Guest(Map.of("backend", "unix", "path", socket.toString()))) {
            converse(guest, UnixDomainSocketAddress.of(socket));
            converse(guest, UnixDomainSocketAddress.of(socket));
        }
        assertFalse(Files.exists(socket), "the socket goes with the device");
    }

    /** A peer comes, talks, and goes; more comes in than a FIFO holds, and none of it is lost. */
    private static void converse(Guest guest, SocketAddress address) throws IOException {
        guest.write(Guest.FCR, 0x07);
        guest.print("nobody hears this");
        guest.settle();
        try (var peer = SocketChannel.open(address)) {
            String long200 = "0123456789".repeat(20);
            peer.write(StandardCharsets.US_ASCII.encode(long200));
            assertEquals(long200, guest.receive(200));
            guest.print("hello, peer");
            assertEquals("hello, peer", read(peer, 11));
        }
    }

    /** A swap that carries the state and nothing else. */
    private static void swap(Guest guest) throws StateException {
        guest.bench.swap(new SerialFactory(), new Replacement.Crossing() {
            @Override
            public SortedMap<Long, Object> cross(SortedMap<Long, Object> state) {
                return state;
            }

            @Override
            public void check(SortedMap<Long, Object> held) {
            }
        });
    }

    @Test
    void aPeerStaysConnectedWhenTheDeviceIsReplaced() throws Exception {
        int port = freePort();
        staysConnected(Map.of("backend", "tcp", "address", "127.0.0.1:" + port),
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        Path socket = directory.resolve("serial.sock");
        staysConnected(Map.of("backend", "unix", "path", socket.toString()), UnixDomainSocketAddress.of(socket));
        assertFalse(Files.exists(socket), "the last of them deletes it");
    }

    /** Nothing that the peer sends is lost from one device to the next; and whoever waits for its turn gets it. */
    private static void staysConnected(Map<String, String> properties, SocketAddress address) throws Exception {
        try (var guest = new Guest(properties)) {
            try (var peer = SocketChannel.open(address)) {
                peer.write(StandardCharsets.US_ASCII.encode("before, "));
                assertEquals("bef", guest.receive(3));
                swap(guest);
                assertEquals("ore, ", guest.receive(5));
                peer.write(StandardCharsets.US_ASCII.encode("after"));
                assertEquals("after", guest.receive(5));
                guest.print("hello again");
                assertEquals("hello again", read(peer, 11));
                swap(guest);
            }
            converse(guest, address);
            swap(guest);
            converse(guest, address);
        }
    }

    @Test
    void aPeerThatHasNotReadGetsAllOfItFromTheNextDevice() throws Exception {
        Path socket = directory.resolve("serial.sock");
        try (var guest = new Guest(Map.of("backend", "unix", "path", socket.toString()));
                var peer = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            peer.write(StandardCharsets.US_ASCII.encode("!"));
            assertEquals("!", guest.receive(1));
            guest.write(Guest.FCR, 0x01);
            int sent = 0;
            do {
                sent += Fifos.SHORT.capacity();
            } while (fill(guest));
            swap(guest);
            swap(guest);
            assertEquals("x".repeat(sent), read(peer, sent));
            guest.print("y");
            assertEquals("y", read(peer, 1));
        }
    }

    private static String read(SocketChannel peer, int count) throws IOException {
        var bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            assertTrue(peer.read(bytes) >= 0, "the connection ended");
        }
        return StandardCharsets.US_ASCII.decode(bytes.flip()).toString();
    }

    @Test
    void inputStaysOutsideWhileThereIsNoRoomAndWhileTheGuestIsPaused() throws IOException {
        int port = freePort();
        try (var guest = new Guest(Map.of("backend", "tcp", "address", "127.0.0.1:" + port));
                var peer = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            peer.write(StandardCharsets.US_ASCII.encode("abc"));
            guest.bench.await("the first character", () -> guest.state().received().length == 1);
            assertEquals(0x61, guest.read(Guest.LSR), "no overrun");
            guest.bench.pause();
            assertEquals('a', guest.read(Guest.DATA));
            assertEquals(0, guest.state().received().length);
            guest.bench.start();
            assertEquals("bc", guest.receive(2));
        }
    }

    @Test
    void aPeerThatDoesNotReadHoldsTheTransmitterButNotThePause() throws IOException {
        Path socket = directory.resolve("serial.sock");
        try (var guest = new Guest(Map.of("backend", "unix", "path", socket.toString()));
                var peer = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            peer.write(StandardCharsets.US_ASCII.encode("!"));
            assertEquals("!", guest.receive(1));
            guest.write(Guest.FCR, 0x01);
            int bursts = 0;
            while (fill(guest)) {
                assertTrue(++bursts < 1 << 16, "the peer reads nothing, so this must end");
            }
            assertEquals(0, guest.read(Guest.LSR) & 0x60, "THRE and TEMT stay off");
            guest.bench.pause();
            assertTrue(guest.state().transmit().length > 0, "what has not left is part of the state");
            guest.bench.start();
            peer.configureBlocking(false);
            var bytes = ByteBuffer.allocate(1 << 16);
            guest.bench.await("the transmitter to go on", () -> {
                try {
                    peer.read(bytes.clear());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                return (guest.read(Guest.LSR) & 0x60) == 0x60;
            });
        }
    }

    /** Fills the transmit FIFO; false if it has stayed full for a while. */
    private static boolean fill(Guest guest) {
        for (int i = 0; i < Fifos.SHORT.capacity(); i++) {
            guest.write(Guest.DATA, 'x');
        }
        long patience = System.nanoTime() + 300_000_000L;
        while ((guest.read(Guest.LSR) & Uart.LSR_THR_EMPTY) == 0) {
            if (System.nanoTime() > patience) {
                return false;
            }
            Thread.onSpinWait();
        }
        return true;
    }

    @Test
    void aPortInUseIsRefusedAndFreeAgainAfterDetach() throws IOException {
        int port = freePort();
        var properties = Map.of("backend", "tcp", "address", "127.0.0.1:" + port);
        try (var first = new Guest(properties)) {
            refused("/serial@0", "address", () -> new Guest(properties));
            first.bench.pause();
            first.bench.device().detach();
            try (var second = new Guest(properties);
                    var peer = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
                peer.write(StandardCharsets.US_ASCII.encode("x"));
                assertEquals("x", second.receive(1));
            }
            first.bench.attach();
            first.bench.start();
        }
    }

    @Test
    void aSocketInUseIsRefusedAndAStaleOneReplaced() throws IOException {
        Path socket = directory.resolve("serial.sock");
        var properties = Map.of("backend", "unix", "path", socket.toString());
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            refused("/serial@0", "path", () -> new Guest(properties));
        }
        assertTrue(Files.exists(socket), "closing leaves the file behind, as a killed process does");
        new Guest(properties).close();
        Files.writeString(socket, "a file");
        refused("/serial@0", "path", () -> new Guest(properties));
        assertEquals("a file", Files.readString(socket));
    }

    @Test
    void aFileInAMissingDirectoryIsRefused() {
        var refused = refused("/serial@0", "path",
            () -> new Guest(Map.of("backend", "file", "path", directory.resolve("no/log").toString())));
        assertEquals(MachineException.Kind.FAILED, refused.kind());
    }

    @ParameterizedTest
    @CsvSource({"file, path, ''", "unix, path, ''", "tcp, address, ''", "tcp, address, 'localhost'",
        "tcp, address, 'localhost:0'", "tcp, address, ':80'", "tcp, address, 'localhost:65536'"})
    void aPropertyThatIsMissingOrMalformedIsTheUsersMistake(String backend, String property, String value) {
        var refused = refused("/serial@0", property, () -> new Guest(Map.of("backend", backend, property, value)));
        assertEquals(MachineException.Kind.USAGE, refused.kind());
    }

    private static MachineException refused(String subject, String item, Executable action) {
        var exception = assertThrows(MachineException.class, action);
        var reason = exception.reasons().getFirst();
        assertEquals(subject, reason.subject());
        assertEquals(item, reason.item());
        assertFalse(reason.cause().isEmpty());
        assertFalse(reason.remedy().isEmpty());
        return exception;
    }

    private static int freePort() throws IOException {
        try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }
}
