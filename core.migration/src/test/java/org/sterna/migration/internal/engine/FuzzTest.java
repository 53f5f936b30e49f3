package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.migration.Endpoint;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.internal.MigrationService;
import org.sterna.migration.internal.engine.RewritingProxy.Rewriter;
import org.sterna.migration.internal.transport.Timeouts;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;

/**
 * Real conversations and files, changed by a {@link Mutator}, cost whoever reads them some words and nothing else (R10). A
 * fixed number of cases each, or as many as fit into STERNA_FUZZ_SECONDS for each of the three; STERNA_FUZZ_SEED is the
 * seed of the first case, whose number is added to it. A failure says the seed of its case and what was changed.
 */
class FuzzTest {
    /** Of a source that gives up soon; what it gives up was damaged anyway. */
    private static final Timeouts IMPATIENT = new Timeouts(Duration.ofSeconds(5), Duration.ofMillis(500),
        Duration.ofMillis(100), Duration.ofMillis(500), Duration.ofSeconds(5));
    private static final Timeouts PATIENT = new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(10),
        Duration.ofMillis(100), Duration.ofSeconds(20), Duration.ofSeconds(5));
    /** For as long as a side may wait in all, with time for a machine that has much else to do. */
    private static final long HANG_SECONDS = 60;
    private static final long MEMORY = 1 << 18;
    /** What a conversation or a reading of at most a few MiB may allocate. */
    private static final long ALLOWANCE = 48 << 20;
    private static final int GOOD_ONE_EVERY = 100;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;
    private final TwoHosts hosts = new TwoHosts(PATIENT, PATIENT);

    @AfterEach
    void close() {
        hosts.close();
    }

    /** One case; what it throws is told with its seed. */
    private interface Case {
        void run(Mutator mutator) throws Exception;
    }

    private static void fuzz(int cases, Case each) throws Exception {
        String seconds = System.getenv("STERNA_FUZZ_SECONDS");
        String seed = System.getenv("STERNA_FUZZ_SEED");
        long first = seed != null ? Long.parseLong(seed) : seconds != null ? new Random().nextInt() : 1;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds == null ? 0 : Long.parseLong(seconds));
        long number = 0;
        for (; seconds == null ? number < cases : System.nanoTime() - end < 0; number++) {
            var mutator = new Mutator(first + number);
            long before = allocatedByOthers();
            try {
                each.run(mutator);
                isBounded(allocatedByOthers() - before);
            } catch (Throwable e) {
                throw new AssertionError("STERNA_FUZZ_SEED=" + (first + number) + " (" + mutator.story() + "): " + e, e);
            }
        }
        isBounded(PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory());
        System.out.println(number + " cases from seed " + first);
    }

    /** What the threads of both sides have allocated; this one makes the mutations, and waits. */
    private static long allocatedByOthers() {
        return THREADS.getTotalThreadAllocatedBytes() - THREADS.getCurrentThreadAllocatedBytes();
    }

    private static void isBounded(long allocated) {
        assertTrue(allocated < ALLOWANCE, allocated + " bytes were allocated");
    }

    /** Reasons that people can read, and none that nobody has foreseen. */
    private static void areClear(List<Reason> reasons) {
        assertFalse(reasons.isEmpty());
        for (Reason reason : reasons) {
            String text = reason.toString();
            assertFalse(reason.cause().isBlank() || text.contains(Failure.DEFECT) || text.contains("Exception"), text);
        }
    }

    private void goodOne(Receiver receiver) throws Exception {
        FakeMachine source = hosts.newHost.running("good", MEMORY);
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.migrate(source, receiver.endpoint(), MigrationOptions.DEFAULT));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        FakeMachine arrived = hosts.arrived();
        assertEquals(source.memoryAtStop, arrived.memoryAtStart);
        arrived.close();
    }

    private FakeMachine still(String name) {
        FakeMachine machine = hosts.newHost.running(name, MEMORY);
        machine.rate = 0;
        return machine;
    }

    @Test
    void aReceiverSurvivesAnySource() throws Exception {
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            byte[] stream;
            try (var proxy = new RewritingProxy(receiver.endpoint(), Rewriter.NONE, Rewriter.NONE)) {
                TwoHosts.end(hosts.newMigrations.migrate(still("recorded"), proxy.endpoint(), MigrationOptions.DEFAULT));
                stream = proxy.recorded();
            }
            hosts.arrived().close();
            byte[] preamble = Arrays.copyOf(stream, 64);
            var frames = new MachineFileLayout(stream).frames();
            int[] done = new int[1];
            fuzz(300, mutator -> {
                replay(receiver, preamble, mutator.conversation(frames));
                if (++done[0] % GOOD_ONE_EVERY == 0) {
                    goodOne(receiver);
                }
            });
            goodOne(receiver);
        }
    }

    /** Sends frames and hangs up; the receiver must have ended the conversation, with one reason or with a guest. */
    private void replay(Receiver receiver, byte[] preamble, List<byte[]> sent) throws Exception {
        var address = (Endpoint.Tcp) receiver.endpoint();
        try (var socket = new Socket(address.host(), address.port())) {
            var answers = new AnswersOfReceiver();
            var in = new DataInputStream(socket.getInputStream());
            var drain = Thread.ofVirtual().start(() -> answers.read(in));
            try {
                socket.getOutputStream().write(preamble);
                for (byte[] frame : sent) {
                    // It never comes if the question has been swallowed by a frame that claims to be longer.
                    answers.await(IMPATIENT.step());
                    answers.sent(frame);
                    socket.getOutputStream().write(frame);
                }
                socket.shutdownOutput();
            } catch (IOException e) {
                // The same.
            }
            assertTrue(drain.join(Duration.ofSeconds(HANG_SECONDS)), "the receiver hangs");
        }
        hosts.await(() -> !hosts.failed.isEmpty() || !hosts.arrivals.isEmpty() || noConversation());
        hosts.await(() -> hosts.oldHost.machines.isEmpty() || !hosts.arrivals.isEmpty());
        var reasons = new ArrayList<Reason>();
        hosts.failed.drainTo(reasons);
        Machine machine = hosts.arrivals.poll();
        if (machine != null) {
            assertTrue(reasons.isEmpty(), reasons.toString());
            machine.close();
        } else if (!reasons.isEmpty()) {
            assertEquals(1, reasons.size(), reasons.toString());
            areClear(reasons);
        }
    }

    /** A conversation that ends with BYE leaves neither a guest nor a reason. */
    private static boolean noConversation() {
        return Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().startsWith("sterna-receive"));
    }

    @Test
    void aSourceSurvivesAnyDestination() throws Exception {
        var impatient = new MigrationService(hosts.newHost, IMPATIENT);
        try (Receiver receiver = hosts.receive(TwoHosts.ANY_PORT); AutoCloseable end = impatient::close) {
            fuzz(80, mutator -> {
                ask(receiver, impatient, mutator);
                hosts.oldHost.running().forEach(Machine::close);
                hosts.failed.clear();
                hosts.arrivals.clear();
            });
            goodOne(receiver);
        }
    }

    private void ask(Receiver receiver, MigrationService asking, Mutator mutator) throws Exception {
        int[] left = {mutator.number(9)};
        Rewriter hostile = new Rewriter() {
            @Override
            public List<byte[]> frame(RawFrame frame) {
                if (frame.type() == FrameType.KEEPALIVE || left[0]-- != 0) {
                    return List.of(frame.bytes());
                }
                return mutator.conversation(List.of(frame));
            }
        };
        FakeMachine source = still("guest");
        try (var proxy = new RewritingProxy(receiver.endpoint(), Rewriter.NONE, hostile)) {
            var migration = asking.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT);
            MigrationStatus status;
            try {
                status = migration.result().get(HANG_SECONDS, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw new AssertionError("the source hangs in " + migration.status());
            }
            if (status.phase() == Phase.COMPLETED) {
                assertEquals(Machine.Phase.CLOSED, source.phase());
            } else {
                areClear(status.reasons());
                assertTrue(source.phase() == Machine.Phase.RUNNING
                    || source.phase() == Machine.Phase.PAUSED && source.why().contains("handed over"),
                    source.phase() + source.why());
            }
            // Nobody else has the guest while it runs here.
            hosts.await(() -> noConversation());
            assertFalse(source.phase() == Machine.Phase.RUNNING && hosts.oldHost.running().stream()
                .anyMatch(machine -> machine.phase() == Machine.Phase.RUNNING), "the guest runs twice");
        } finally {
            source.close();
        }
    }

    @Test
    void aReaderSurvivesAnyFile() throws Exception {
        Path good = folder.resolve("good.sterna");
        FakeMachine machine = hosts.newHost.running("saved", MEMORY);
        machine.memory().fill(machine.memory().base() + (1 << 16), 1 << 16, (byte) 7);
        var stop = new SnapshotOptions(Duration.ofMillis(300), 0, true);
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.newMigrations.snapshot(machine, good, stop)).phase());
        machine.close();
        byte[] content = Files.readAllBytes(good);
        Path bad = folder.resolve("bad.sterna");
        fuzz(1000, mutator -> {
            Files.write(bad, mutator.file(content));
            read(() -> hosts.newMigrations.inspect(bad));
            read(() -> hosts.oldMigrations.answer(hosts.oldMigrations.declared(bad), Map.of()));
            read(() -> hosts.newMigrations.restore(bad, "back", Map.of()));
            hosts.newHost.running().forEach(Machine::close);
        });
        hosts.newMigrations.restore(good, "back", Map.of()).close();
    }

    private interface Read {
        Object now();
    }

    private static void read(Read read) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            read.now();
        } catch (MachineException refused) {
            areClear(refused.reasons());
        }
        isBounded(THREADS.getCurrentThreadAllocatedBytes() - before);
    }
}
