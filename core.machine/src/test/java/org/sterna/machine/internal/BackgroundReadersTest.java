package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Replacement;

/** What a device has running in the background ends with it, however it ends; before that, what it throws counts. */
class BackgroundReadersTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Fakes.FakeBoards boards = new Fakes.FakeBoards();
    private final Fakes.Gadgets before = new Fakes.Gadgets("1.0");
    private final Fakes.Gadgets after = new Fakes.Gadgets("1.1");
    private final VirtualMachine machine = new VirtualMachine(
        Fakes.blueprint(boards, new Fakes.FakeProcessors(), before, 1), FileLeases::new, m -> { });
    private final CopyOnWriteArrayList<Thread> readers = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        machine.close();
    }

    private static final Replacement.Crossing PLAIN = new Replacement.Crossing() {
        @Override
        public SortedMap<Long, Object> cross(SortedMap<Long, Object> state) {
            return state;
        }

        @Override
        public void check(SortedMap<Long, Object> held) {
        }
    };

    /** The loop that everybody writes: it never ends by itself, and a blocking call in it throws when it is interrupted. */
    private void readForEver(Fakes.Gadgets gadgets) {
        gadgets.onAttach = () -> {
            try {
                Pipe outside = Pipe.open();
                gadgets.context.background(() -> {
                    readers.add(Thread.currentThread());
                    try (var from = outside.source(); var to = outside.sink()) {
                        while (true) {
                            from.read(ByteBuffer.allocate(1));
                            gadgets.context.serialized(() -> { });
                        }
                    }
                });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    /** Whether the guest would go on, had a fault that ends it not been noticed yet. */
    private void assertGoesOn() {
        machine.pause();
        assertEquals(Machine.Phase.PAUSED, machine.phase(), machine.why());
        machine.resume();
    }

    private void awaitEnd(int count) throws InterruptedException {
        for (Thread reader : readers.subList(0, count)) {
            assertTrue(reader.join(LIMIT), "the reader goes on");
        }
        assertEquals(count, readers.size() - 1, "and that of the new one goes on");
    }

    private void boot() {
        machine.attach();
        machine.boot();
    }

    private void awaitReaders(int count) {
        while (readers.size() < count) {
            Thread.onSpinWait();
        }
    }

    @Test
    void aSwapEndsTheReaderOfTheOldOne() throws InterruptedException {
        readForEver(before);
        readForEver(after);
        boot();
        awaitReaders(1);
        try (Replacement replacement = machine.replacement("/gadget@0", Fakes.installed(after, after.model(), "2.0.0"), Map.of(),
            () -> true)) {
            replacement.perform(PLAIN, LIMIT);
        }
        awaitReaders(2);
        awaitEnd(1);
        assertGoesOn();
    }

    @Test
    void aDetachedMachineHasNone() throws InterruptedException {
        readForEver(before);
        boot();
        awaitReaders(1);
        machine.pause();
        machine.detach();
        machine.attach();
        machine.resume();
        awaitReaders(2);
        awaitEnd(1);
        assertGoesOn();
    }

    private void breakTheCable() {
        before.onAttach = () -> before.context.background(() -> {
            readers.add(Thread.currentThread());
            throw new IOException("the cable is broken");
        });
    }

    @Test
    void aReaderThatThrowsByItselfEndsTheGuest() throws Exception {
        var failed = new CountDownLatch(1);
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.FAILED) {
                failed.countDown();
            }
        });
        breakTheCable();
        boot();
        assertTrue(failed.await(10, TimeUnit.SECONDS));
        assertTrue(machine.why().contains("the cable is broken"), machine.why());
    }

    /** Waits until a device of a guest that is not there yet has failed, and nobody works on that any more. */
    private void attachAndFail() throws InterruptedException {
        breakTheCable();
        machine.attach();
        awaitReaders(1);
        assertTrue(readers.getFirst().join(LIMIT));
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().equals(machine.name() + " changes")) {
                assertTrue(thread.join(LIMIT));
            }
        }
    }

    @Test
    void aReaderThatThrowsBeforeTheGuestBootsEndsItToo() throws Exception {
        attachAndFail();
        machine.boot();
        assertEquals(Machine.Phase.FAILED, machine.phase());
        assertTrue(machine.why().contains("the cable is broken"), machine.why());
    }

    @Test
    void aReaderThatThrowsBeforeTheGuestIsRestoredEndsItToo() throws Exception {
        attachAndFail();
        machine.restored();
        assertEquals(Machine.Phase.FAILED, machine.phase());
        assertTrue(machine.why().contains("the cable is broken"), machine.why());
    }

    @Test
    void whatOneHasReceivedThatWasToldToEndDoesNotArrive() throws Exception {
        var mayDeliver = new CompletableFuture<Void>();
        var delivered = new LinkedBlockingQueue<String>();
        var interrupted = new CompletableFuture<Boolean>();
        before.onAttach = () -> before.context.background(() -> {
            readers.add(Thread.currentThread());
            mayDeliver.join();
            before.context.serialized(() -> delivered.add("late"));
            interrupted.complete(Thread.interrupted());
        });
        boot();
        awaitReaders(1);
        machine.pause();
        machine.detach();
        before.onAttach = () -> { };
        machine.attach();
        machine.resume();
        mayDeliver.complete(null);
        assertTrue(interrupted.get(10, TimeUnit.SECONDS), "it is told once more");
        assertTrue(delivered.isEmpty());
    }

    @Test
    void aDeviceThatForgetsToEndItsReadersIsRefusedAtLast() {
        var over = new CountDownLatch(1);
        before.onAttach = () -> {
            for (int i = 0; i <= BackgroundReaders.MOST; i++) {
                before.context.background(over::await);
            }
        };
        try {
            var refused = assertThrows(MachineException.class,
                machine::attach);
            assertTrue(refused.getMessage().contains("background readers that have not ended"), refused.getMessage());
            assertFalse(machine.attached());
        } finally {
            over.countDown();
        }
    }
}
