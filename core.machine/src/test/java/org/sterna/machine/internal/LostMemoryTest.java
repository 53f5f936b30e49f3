package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostFile;

/** Guest memory is read from a file that is cut while the guest runs. */
@Timeout(60)
class LostMemoryTest {
    private static final int PAGES = 64;
    /** A page that no processor touches. */
    private static final long PAGE = Fakes.BASE + 10 * GuestMemory.PAGE_SIZE;

    @TempDir
    private Path folder;
    private Path file;
    private final List<VirtualMachine> machines = new ArrayList<>();
    private final Fakes.FakeProcessors processors = new Fakes.FakeProcessors();
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
    private VirtualMachine machine;
    private VirtualMachine other;

    private VirtualMachine machine(Fakes.FakeProcessors its, Fakes.Gadgets devices) {
        var made = new VirtualMachine(Fakes.blueprint(new Fakes.FakeBoards(), its, devices, 2), () -> (claim,
            lost) -> () -> { },
            closed -> { });
        machines.add(made);
        return made;
    }

    private static void boot(VirtualMachine each) {
        each.attach();
        each.boot();
        awaitProgress(each);
    }

    private static void awaitProgress(Machine each) {
        long before = each.instructions();
        await(() -> each.instructions() > before + 1000);
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, "waited in vain");
            LockSupport.parkNanos(1_000_000);
        }
    }

    @BeforeEach
    void twoMachines() throws IOException {
        file = Files.write(folder.resolve("guest.sterna"), new byte[PAGES * GuestMemory.PAGE_SIZE]);
        machine = machine(processors, gadgets);
        other = machine(new Fakes.FakeProcessors(), new Fakes.Gadgets("1.0"));
        try (HostFile open = HostFile.open(file)) {
            assumeTrue(machine.memory().map(Fakes.BASE, PAGES * GuestMemory.PAGE_SIZE, open, 0),
                "this host maps files");
        }
        boot(machine);
        boot(other);
    }

    @AfterEach
    void close() {
        machines.forEach(Machine::close);
    }

    private void cut(int pages) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate((long) pages * GuestMemory.PAGE_SIZE);
        }
    }

    private void standsStillForGood(int pages) {
        String why = "the file " + file + ", which the guest's memory is read from, has been cut: it has "
            + pages * GuestMemory.PAGE_SIZE + " bytes, and had " + PAGES * GuestMemory.PAGE_SIZE;
        await(() -> machine.phase() == Machine.Phase.PAUSED && machine.why().equals(why));
        var refused = assertThrows(MachineException.class, machine::resume);
        assertEquals(List.of(Reason.of("test", why, "restore the guest from a whole copy of the file")),
            refused.reasons());
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        assertEquals(Machine.Phase.RUNNING, other.phase());
        awaitProgress(other);
    }

    @Test
    void aProcessorThatMeetsAPageThatIsGoneIsNotToBlame() throws Exception {
        cut(0);
        standsStillForGood(0);
        // What the guest had written there does not come back with the file.
        Files.write(file, new byte[PAGES * GuestMemory.PAGE_SIZE]);
        standsStillForGood(0);
    }

    @Test
    void aDeviceThatReadsGuestMemoryIsNotToBlame() throws Exception {
        cut(2);
        gadgets.onWrite = () -> machine.memory().getLong(PAGE);
        processors.made.getFirst().nextCall = () -> processors.made.getFirst().write(Fakes.HOLE, 1);
        standsStillForGood(2);
    }

    @Test
    void aGuestIsNotToldThatItsDiskHasFailedWhereItsMemoryHas() throws Exception {
        cut(2);
        Path disk = Files.write(folder.resolve("disk"), new byte[GuestMemory.PAGE_SIZE]);
        var told = new AtomicInteger();
        try (FileChannel channel = FileChannel.open(disk)) {
            gadgets.context.submit(() -> channel.read(machine.memory().writable(PAGE, GuestMemory.PAGE_SIZE), 0),
                failure -> told.incrementAndGet());
            standsStillForGood(2);
        }
        assertEquals(0, told.get());
    }

    /** Whoever has mapped the file checks it, and finds out later than the guest could. */
    @Test
    void aPartThatIsSaidToBeDamagedIsLost() {
        machine.memory().declareUnreadable("its file is damaged");
        machine.pause();
        var refused = assertThrows(MachineException.class, machine::resume);
        assertEquals(List.of(Reason.of("test", "its file is damaged", "restore the guest from a whole copy of the file")),
            refused.reasons());
    }

    /** Its processors meet only what is left. */
    @Test
    void aPartThatNobodyTouchesIsNotMissed() throws Exception {
        cut(2);
        awaitProgress(machine);
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        machine.pause();
        machine.resume();
        awaitProgress(machine);
    }
}
