package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;
import org.sterna.machine.memory.HostMemoryException;

/** The heap of the process is used up, or a guest tries to use it up. */
class MemoryShortageTest {
    private final HeapShares heap = new HeapShares(64 << 20);
    private final List<VirtualMachine> machines = new ArrayList<>();

    /** One of the machines of the process, and the fakes that it is made of. */
    private final class Host {
        private final Fakes.FakeProcessors processors = new Fakes.FakeProcessors();
        private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
        private final VirtualMachine machine = new VirtualMachine(Fakes.blueprint(new Fakes.FakeBoards(), processors, gadgets, 2),
            () -> (claim, lost) -> () -> { }, heap, heap::remove, CallLimits.DEFAULT);

        private Host() {
            machines.add(machine);
            heap.add(machine);
            machine.attach();
            machine.boot();
        }

        private Fakes.CountingProcessor processor(int index) {
            return processors.made.get(index);
        }

        private void awaitProgress() throws InterruptedException {
            var progressed = new CountDownLatch(2);
            processors.made.forEach(processor -> processor.nextCall = progressed::countDown);
            assertTrue(progressed.await(10, TimeUnit.SECONDS), "both processors run");
        }

        private CompletableFuture<Machine.Phase> next(Machine.Phase phase) {
            var reached = new CompletableFuture<Machine.Phase>();
            machine.onPhase(now -> {
                if (now == phase) {
                    reached.complete(now);
                }
            });
            return reached;
        }
    }

    @AfterEach
    void close() {
        machines.forEach(Machine::close);
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "waited in vain");
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void aProcessorThatFindsNoMemoryPausesItsMachineAndCanGoOn() throws Exception {
        var short1 = new Host();
        var other = new Host();
        var paused = short1.next(Machine.Phase.PAUSED);
        short1.processor(0).nextFault = new HostMemoryException("no memory for decoded instructions");
        paused.get(10, TimeUnit.SECONDS);
        await(() -> !short1.machine.why().isEmpty());
        assertEquals("the host's memory is used up: /counter@0: no memory for decoded instructions (give this process a larger heap,"
            + " or close other machines in it, and resume)", short1.machine.why());
        assertEquals(Machine.Phase.RUNNING, other.machine.phase());
        other.awaitProgress();
        for (Host each : List.of(short1, other)) {
            await(() -> each.processor(0).cachesDropped() > 0 && each.processor(1).cachesDropped() > 0);
        }
        short1.machine.resume();
        short1.awaitProgress();
    }

    @Test
    void anErrorInTheMidstOfSomethingEndsItsMachineAloneAndFreesMemoryFirst() throws Exception {
        var broken = new Host();
        var other = new Host();
        var failed = broken.next(Machine.Phase.FAILED);
        broken.processor(0).nextError = new OutOfMemoryError("planted");
        failed.get(10, TimeUnit.SECONDS);
        assertTrue(broken.machine.why().contains("/counter@0") && broken.machine.why().contains("OutOfMemoryError: planted"),
            broken.machine.why());
        assertTrue(broken.processor(0).cachesDropped() > 0);
        await(() -> other.processor(0).cachesDropped() > 0);
        other.awaitProgress();
        assertEquals(Machine.Phase.RUNNING, other.machine.phase());
    }

    @Test
    void anErrorInADeviceEndsItsMachineAlone() throws Exception {
        var broken = new Host();
        var other = new Host();
        var failed = broken.next(Machine.Phase.FAILED);
        broken.gadgets.context.submit(() -> {
            throw new OutOfMemoryError("planted");
        }, failure -> { });
        failed.get(10, TimeUnit.SECONDS);
        assertTrue(broken.machine.why().contains("/gadget@0"), broken.machine.why());
        await(() -> other.processor(0).cachesDropped() > 0);
        other.awaitProgress();
    }

    @Test
    void aMachineMoreMakesTheSharesSmallerAndWhatIsAboveThemGoes() {
        var first = new Host();
        long alone = first.machine.hostMemory().limit();
        assertEquals(64 << 20, alone);
        first.machine.hostMemory().processor(0).reserve(40 << 20);
        var second = new Host();
        assertEquals(32 << 20, first.machine.hostMemory().limit());
        assertEquals(32 << 20, second.machine.hostMemory().limit());
        await(() -> first.processor(0).cachesDropped() > 0);
        assertEquals(0, second.processor(0).cachesDropped());
        first.machine.hostMemory().processor(0).release(40 << 20);
        second.machine.close();
        assertEquals(alone, first.machine.hostMemory().limit());
    }

    /** A guest that has its device submit something with each access. */
    @Test
    void aGuestThatSubmitsWithoutEndStandsStillAndCanBePaused() throws Exception {
        var host = new Host();
        var release = new CountDownLatch(1);
        var submitted = new AtomicInteger();
        host.gadgets.onWrite = () -> {
            host.gadgets.context.submit(release::await, failure -> { });
            submitted.incrementAndGet();
        };
        int most = InFlight.MANY + 1;
        var stopped = new CountDownLatch(1);
        host.processor(0).nextCall = () -> {
            for (int i = 0; i < 2 * most && !host.processor(0).mustStop(); i++) {
                host.processor(0).write(Fakes.HOLE, 1);
            }
            stopped.countDown();
        };
        await(() -> submitted.get() >= most);
        // The other processor goes on meanwhile, and the first one comes to a safe point when it is asked to.
        long before = host.processor(1).instructions();
        await(() -> host.processor(1).instructions() > before + 1000);
        assertEquals(most, submitted.get());
        // A pause waits for what is in flight, but the processor stands still before that.
        var paused = CompletableFuture.runAsync(host.machine::pause);
        assertTrue(stopped.await(10, TimeUnit.SECONDS));
        assertTrue(submitted.get() <= most + 1, submitted + " have been submitted");
        release.countDown();
        paused.get(10, TimeUnit.SECONDS);
        assertEquals(Machine.Phase.PAUSED, host.machine.phase());
    }
}
