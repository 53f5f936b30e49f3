package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.host.FileUse;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.RestoreOptions;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.Verdict;

/** Machines that go into files and come out of them, whole or with a reason. */
class SnapshotTest {
    private static final SnapshotOptions STOP = new SnapshotOptions(Duration.ofMillis(300), 0, true);
    private static final long MEMORY = 4 << 20;

    @TempDir
    Path folder;
    private TwoHosts hosts;
    private Path file;

    @BeforeEach
    void open() {
        hosts = new TwoHosts();
        file = folder.resolve("guest.sterna");
    }

    @AfterEach
    void close() {
        hosts.close();
    }

    private FakeMachine saved() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        // Some pages in a row, some alone, the rest zero.
        machine.memory().fill(machine.memory().base() + (1 << 20), 1 << 20, (byte) 7);
        hosts.await(() -> machine.instructions() > 3);
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, STOP));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        return machine;
    }

    private FakeMachine restored(String name) {
        return (FakeMachine) hosts.newMigrations.restore(file, name, Map.of());
    }

    @Test
    void aMachineComesOutOfTheFileAsItWentIn() throws Exception {
        FakeMachine machine = saved();
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        String before = machine.digest();
        var state = machine.part("/disk@0").state();
        machine.close();
        FakeMachine back = restored("back");
        assertEquals(before, back.memoryAtStart);
        assertEquals(Machine.Phase.RUNNING, back.phase());
        assertEquals(state.toString().replaceAll("\\[B@[0-9a-f]+", ""), back.part("/disk@0").state().toString()
            .replaceAll("\\[B@[0-9a-f]+", ""));
        assertEquals(machine.abi(), back.abi());
    }

    @Test
    void whatMustPrecedeTheGuestIsDoneBeforeItsFirstInstruction() throws Exception {
        saved().close();
        var seen = new ArrayList<String>();
        var back = (FakeMachine) hosts.newMigrations.restore(file, "back", Map.of(), RestoreOptions.DEFAULT.withBeforeRunning(
            machine -> seen.add(machine.phase() + " " + machine.attached() + " " + machine.instructions())));
        assertEquals(List.of("PAUSED true 0"), seen);
        assertEquals(Machine.Phase.RUNNING, back.phase());
    }

    @Test
    void aGuestDoesNotRunIfWhatMustPrecedeItFails() throws Exception {
        saved().close();
        var made = new ArrayList<Machine>();
        var failure = MachineException.failed(file.toString(), "", "it cannot be renamed", "");
        assertSame(failure, assertThrows(MachineException.class, () -> hosts.newMigrations.restore(file, "back", Map.of(),
            RestoreOptions.DEFAULT.withBeforeRunning(machine -> {
                made.add(machine);
                throw failure;
            }))));
        assertEquals(Machine.Phase.CLOSED, made.getFirst().phase());
        assertEquals(0, made.getFirst().instructions());
        assertEquals(Machine.Phase.RUNNING, restored("back").phase(), "its name and its disk are free again");
    }

    @Test
    void whatARestoredGuestWritesDoesNotReachTheFile() throws Exception {
        saved().close();
        byte[] before = Files.readAllBytes(file);
        FakeMachine back = restored("back");
        hosts.await(() -> back.instructions() > 20);
        back.pause();
        back.memory().fill(back.memory().base(), MEMORY, (byte) 1);
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @Test
    void aGuestThatRunsGoesOnAfterABackgroundSnapshot() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, SnapshotOptions.DEFAULT));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        long executed = machine.instructions();
        hosts.await(() -> machine.instructions() > executed);
        String at = machine.memoryAtStop;
        machine.close();
        assertEquals(at, restored("back").memoryAtStart);
    }

    @Test
    void aFileThatIsInUseIsRefusedBeforeTheGuestIsTouched() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        Files.writeString(file, "data");
        try (FileUse use = FileUse.of(file, "machine guest (/disk@0.drive)")) {
            MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, Files.createLink(folder.resolve("hard"), file),
                STOP));
            assertEquals(Phase.FAILED, status.phase());
            String reason = status.reasons().getFirst().toString();
            assertTrue(reason.contains("hard: cannot be created: it is in use by machine guest (/disk@0.drive)"), reason);
            assertEquals(0, status.round(), "no page has been looked at");
        }
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        assertTrue(machine.operation().isEmpty());
        assertEquals("data", Files.readString(file));
        try (var files = Files.list(folder)) {
            assertEquals(Set.of("guest.sterna", "hard"), Set.copyOf(files.map(path -> path.getFileName().toString()).toList()));
        }
    }

    @Test
    void aFileIsInUseWhileASnapshotIsWrittenIntoIt() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        // So slow that it does not end by itself.
        var slow = hosts.newMigrations.snapshot(machine, file, new SnapshotOptions(Duration.ofMillis(300), 10_000, false));
        hosts.await(() -> slow.status().phase() == Phase.PRECOPY);
        assertEquals("it is in use by a snapshot of machine guest",
            assertThrows(IOException.class, () -> FileUse.requireReplaceable(file)).getMessage());
        assertTrue(slow.cancel());
        assertEquals(Phase.CANCELLED, TwoHosts.end(slow).phase());
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, SnapshotOptions.DEFAULT));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        FileUse.requireReplaceable(file);
    }

    @Test
    void aStateThatNoReaderWouldTakeIsNotWritten() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        machine.replace(FakePart.holding("/disk@0", "1.1.0", FakeHost.DISK, new FakeHost.DiskState(List.of(), new byte[1 << 22])));
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, SnapshotOptions.DEFAULT));
        assertEquals(Phase.FAILED, status.phase());
        assertTrue(status.reasons().getFirst().toString().contains("/disk@0: its state of"), status.reasons().toString());
        assertFalse(Files.exists(file));
        long executed = machine.instructions();
        hosts.await(() -> machine.instructions() > executed);
    }

    @Test
    void theOldHostTakesASnapshotOfTheNewOneIfThatIsLossless() throws Exception {
        saved().close();
        assertEquals(Verdict.Outcome.OK_IF, hosts.oldMigrations.answer(hosts.newMigrations.declared(file), Map.of()).outcome());
        Machine back = hosts.oldMigrations.restore(file, "back", Map.of());
        assertEquals("1.0.0", back.parts().stream().filter(part -> part.type().equals("timer")).findFirst().orElseThrow()
            .version().toString());
        hosts.await(() -> back.instructions() > 3);
    }

    @Test
    void theOldHostRefusesASnapshotThatItWouldForgetSomethingOf() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        machine.replace(FakePart.holding("/timer@0", "1.1.0", FakeHost.NEW_TIMER, new FakeHost.NewTimer(7, 9)));
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.newMigrations.snapshot(machine, file, STOP)).phase());
        machine.close();
        assertEquals(Verdict.Outcome.BLOCKED, hosts.oldMigrations.answer(hosts.newMigrations.declared(file), Map.of()).outcome());
        var refused = assertThrows(MachineException.class, () -> hosts.oldMigrations.restore(file, "back", Map.of()));
        assertEquals("systemTime", refused.reasons().getFirst().item());
        assertTrue(hosts.oldHost.running().isEmpty());
        assertEquals(Machine.Phase.RUNNING, restored("back").phase());
    }

    @Test
    void aSnapshotAndARunningMachineCanBeAskedAboutInThreeWays() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.newMigrations.snapshot(machine, file, SnapshotOptions.DEFAULT)).phase());
        byte[] inFile = hosts.newMigrations.declared(file);
        byte[] live = hosts.newMigrations.declare(machine, Set.of());
        try (var receiver = hosts.receive(TwoHosts.ANY_PORT)) {
            Verdict byPeer = hosts.newMigrations.check(machine, receiver.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Verdict.Outcome.OK_IF, byPeer.outcome());
            for (byte[] declaration : List.of(inFile, live)) {
                assertEquals(byPeer, hosts.newMigrations.check(declaration, receiver.endpoint()));
                assertEquals(byPeer, hosts.oldMigrations.answer(declaration, Map.of()));
            }
        }
        assertThrows(MachineException.class, () -> hosts.oldMigrations.answer(new byte[] {1, 2}, Map.of()));
    }

    @Test
    void aCancelledSnapshotLeavesNothingAndTheGuestRunning() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        var slow = new SnapshotOptions(Duration.ofMillis(300), 1 << 16, false);
        machine.memory().fill(machine.memory().base(), MEMORY, (byte) 3);
        var snapshot = hosts.newMigrations.snapshot(machine, file, slow);
        hosts.await(() -> snapshot.status().transferred() > 0);
        String busy = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, slow)).reasons().getFirst().cause();
        assertTrue(busy.startsWith("a snapshot into " + file + " is under way since "), busy);
        assertTrue(snapshot.cancel());
        assertEquals(Phase.CANCELLED, TwoHosts.end(snapshot).phase());
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        try (var left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void aFileThatCannotBeWrittenIsSaidAndTheGuestRunsOn() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, folder.resolve("none/x"), STOP));
        assertEquals(Phase.FAILED, status.phase());
        assertTrue(status.reasons().getFirst().cause().contains("cannot be created"), status.reasons().toString());
        assertEquals(Machine.Phase.RUNNING, machine.phase());
    }

    private String refusal(byte[] content) throws IOException {
        Files.write(file, content);
        var refused = assertThrows(MachineException.class, () -> restored("back"));
        assertEquals(1, refused.reasons().size());
        assertTrue(hosts.newHost.running().isEmpty());
        return refused.reasons().getFirst().cause();
    }

    @Test
    void aCutFileIsNeverTakenForWhole() throws Exception {
        saved().close();
        byte[] whole = Files.readAllBytes(file);
        var random = new Random(5);
        for (int i = 0; i < 100; i++) {
            int length = i < 70 ? i * 2 : random.nextInt(whole.length);
            String cause = refusal(Arrays.copyOf(whole, length));
            assertTrue(length == 0 ? cause.equals("is empty") : cause.contains("is cut: it ends"), cause);
        }
    }

    @Test
    void aFlippedBitIsFoundWithItsPlace() throws Exception {
        saved().close();
        byte[] whole = Files.readAllBytes(file);
        var random = new Random(6);
        for (int i = 0; i < 60; i++) {
            // Half of them behind the pages, where everything is read at once.
            int at = random.nextBoolean() ? random.nextInt(whole.length) : whole.length - 1 - random.nextInt(4000);
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            Machine back;
            try {
                back = restored("back");
            } catch (MachineException refused) {
                assertTrue(refused.getMessage().contains("damaged") || refused.getMessage().contains("first bytes"),
                    at + ": " + refused.getMessage());
                continue;
            }
            hosts.await(() -> back.phase() == Machine.Phase.PAUSED && back.why().contains("is damaged at byte"));
            MigrationStatus again = TwoHosts.end(hosts.newMigrations.snapshot(back, folder.resolve("again"), SnapshotOptions.DEFAULT));
            assertTrue(again.reasons().getFirst().cause().contains("is damaged at byte"), again.toString());
            back.close();
        }
    }

    @Test
    void anotherFileIsRefused() throws Exception {
        assertTrue(refusal("#!/bin/sh\necho hello, this is no machine at all, as anyone can see at the first glance\n"
            .getBytes()).startsWith("is neither a snapshot nor a recorded migration: its first bytes are 23 21 2f"));
        assertEquals("is empty", refusal(new byte[0]));
        Files.write(file, "this is not a snapshot, but a text that is long enough for a preamble".getBytes());
        assertEquals("give a file that ./sterna snapshot has written", refused(() -> restored("back")).remedy());
    }

    private static Reason refused(Executable action) {
        return assertThrows(MachineException.class, action).reasons().getFirst();
    }

    /** Whoever opened a FIFO would wait for its other end; and a folder can be opened like a file. */
    @Test
    void whatIsNoFileIsRefusedAtOnceWithItsKind() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        Path link = Files.createSymbolicLink(folder.resolve("link"), fifo);
        for (Path each : List.of(fifo, link, folder)) {
            String kind = each.equals(folder) ? "a folder" : "a FIFO";
            var wanted = Reason.of(each.toString(), "is " + kind + ", not a file with a snapshot in it",
                "give a file that ./sterna snapshot has written");
            assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
                assertEquals(wanted, refused(() -> hosts.newMigrations.inspect(each)));
                assertEquals(wanted, refused(() -> hosts.newMigrations.declared(each)));
                assertEquals(wanted, refused(() -> hosts.newMigrations.restore(each, "back", Map.of())));
            });
        }
        assertEquals("cannot be opened: there is no " + file, refused(() -> hosts.newMigrations.inspect(file)).cause());
    }

    private FakeMachine savedPaused() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        machine.memory().fill(machine.memory().base() + (1 << 20), 1 << 20, (byte) 7);
        machine.pause();
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, STOP));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        return machine;
    }

    @Test
    void aFileThatIsCutUnderItsGuestIsNamedAndNothingIsMadeOfTheGuestAnyMore() throws Exception {
        savedPaused().close();
        FakeMachine back = restored("back");
        long before = Files.size(file);
        try (FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
            cut.truncate(8192);
        }
        String why = "the file " + file
            + ", which the guest's memory is read from, has been cut: it has 8192 bytes, and had " + before;
        for (int i = 0; i < 2; i++) {
            // The first finds it out on the way, the second at once.
            MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(back, folder.resolve("again"), STOP));
            assertEquals(List.of(Reason.of("back", why, "restore the guest from a whole copy of the file")),
                status.reasons());
        }
        assertFalse(Files.exists(folder.resolve("again")));
    }

    @Test
    void aFileThatAGuestRunsFromIsNotReplacedUntilItsMachineIsClosed() throws Exception {
        saved().close();
        FakeMachine back = restored("back");
        byte[] before = Files.readAllBytes(file);
        MigrationStatus refused = TwoHosts.end(hosts.newMigrations.snapshot(back, file, SnapshotOptions.DEFAULT));
        assertEquals(List.of(Reason.of(file.toString(),
            "cannot be created: it is in use by machine back, whose memory is read from it",
            "name another file")), refused.reasons());
        assertArrayEquals(before, Files.readAllBytes(file));
        back.close();
        hosts.disk.reset();
        saved();
    }

    @Test
    void aSnapshotThatItsProcessEndsLeavesNothingBehind() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        var slow = new SnapshotOptions(Duration.ofMillis(300), 1 << 10, false);
        var snapshot = hosts.newMigrations.snapshot(machine, file, slow);
        hosts.await(() -> snapshot.status().transferred() > 0);
        assertTrue(Files.exists(folder.resolve("guest.sterna.unfinished")));
        hosts.newMigrations.close();
        assertTrue(snapshot.result().isDone(), "it is waited for");
        try (var left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void aSnapshotOfAMachineThatIsClosedSaysSoAndLeavesNothingBehind() throws Exception {
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        var slow = new SnapshotOptions(Duration.ofMillis(300), 1 << 10, false);
        var snapshot = hosts.newMigrations.snapshot(machine, file, slow);
        hosts.await(() -> snapshot.status().transferred() > 0);
        machine.close();
        assertEquals(List.of(Reason.of("guest", "a snapshot has ended before its time: the machine was closed", "")),
            TwoHosts.end(snapshot).reasons());
        try (var left = Files.list(folder)) {
            assertEquals(0, left.count());
        }
    }

    @Test
    void pagesOfContentBeginAtPagesOfTheFile() throws Exception {
        saved().close();
        long found = 0;
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at + GuestMemory.PAGE_SIZE <= whole.length; at += GuestMemory.PAGE_SIZE) {
            found += whole[at] == 7 && whole[at + GuestMemory.PAGE_SIZE - 1] == 7 ? 1 : 0;
        }
        assertTrue(found > 250, found + " of 256");
        assertFalse(whole.length > 3 << 20, "zero pages take no room");
    }

    private MachineException refusedToRestore(RestoreOptions options) {
        var refusal = assertThrows(MachineException.class, () -> hosts.newMigrations.restore(file, "back", Map.of(), options));
        assertTrue(refusal.getMessage().contains("/disk@0.drive: "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("--accept-changed /disk@0.drive"), refusal.getMessage());
        return refusal;
    }

    /** The danger is the saved guest's own doing: it goes on, and a restored one would not know what it has written since. */
    @Test
    void aGuestDoesNotGoOnWithADiskThatHasMovedOn() throws Exception {
        hosts.newHost.knowsContents = true;
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, SnapshotOptions.DEFAULT));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        long then = machine.instructions();
        hosts.await(() -> machine.instructions() > then + 3);
        machine.close();
        var refusal = refusedToRestore(RestoreOptions.DEFAULT);
        assertTrue(refusal.getMessage().contains("disk.raw is not as it was when the guest was saved: it was last written at "),
            refusal.getMessage());
        var unknown = assertThrows(MachineException.class, () -> hosts.newMigrations.restore(file, "back", Map.of(),
            RestoreOptions.DEFAULT.withAcceptChanged(Set.of("/disk@0.drive", "/disk@1.drive", "drive"))));
        assertEquals(MachineException.Kind.USAGE, unknown.kind());
        assertEquals(Stream.of("/disk@1.drive", "drive").map(name -> Reason.of(name, "cannot be accepted as changed: "
            + file
            + " does not say what its content was", "it says that of /disk@0.drive")).toList(), unknown.reasons());
        assertTrue(hosts.newHost.running().isEmpty(), "nothing is left of it");
        Verdict verdict = hosts.newMigrations.answer(hosts.newMigrations.declared(file), Map.of());
        assertEquals(Verdict.Outcome.BLOCKED, verdict.outcome());
        assertEquals("/disk@0.drive", verdict.reasons().getFirst().subject() + "." + verdict.reasons().getFirst().item());
        var back = (FakeMachine) hosts.newMigrations.restore(file, "back", Map.of(),
            RestoreOptions.DEFAULT.withAcceptChanged(Set.of("/disk@0.drive")));
        assertEquals(Machine.Phase.RUNNING, back.phase());
    }

    /** What only shows once the disk is attached: its content, which somebody has put back in time. */
    @Test
    void whatLookingDoesNotTellIsFoundWhenTheDiskIsAttached() throws Exception {
        hosts.newHost.knowsContents = true;
        saved().close();
        hosts.newHost.onBuild = machine -> {
            machine.lyingContents = true;
            return machine;
        };
        var refusal = refusedToRestore(RestoreOptions.DEFAULT);
        assertTrue(refusal.getMessage().contains("has another content"), refusal.getMessage());
        assertTrue(hosts.newHost.running().isEmpty(), "nothing is left of it");
    }

    @Test
    void anotherSizeIsNamed() throws Exception {
        hosts.newHost.knowsContents = true;
        saved().close();
        hosts.disk.size = 8192;
        var refusal = refusedToRestore(RestoreOptions.DEFAULT);
        assertTrue(refusal.getMessage().contains("it has 8192 bytes instead of 4096"), refusal.getMessage());
    }

    /** Neither the snapshots nor the hosts of earlier versions know of contents. */
    @Test
    void whatEarlierVersionsDoNotKnowIsNotCompared() throws Exception {
        hosts.newHost.knowsContents = true;
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        machine.knowsContents = false;
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, SnapshotOptions.DEFAULT));
        assertEquals(Phase.COMPLETED, status.phase(), status.reasons().toString());
        machine.close();
        hosts.disk.size = 8192;
        restored("back").close();
    }

    @Test
    void aDiskThatCannotBeLookedAtEndsTheSnapshotAndNotTheGuest() throws Exception {
        hosts.newHost.knowsContents = true;
        FakeMachine machine = hosts.newHost.running("guest", MEMORY);
        machine.contentsFailure = MachineException.failed("/disk@0", "drive", "cannot be flushed", "look at it");
        MigrationStatus status = TwoHosts.end(hosts.newMigrations.snapshot(machine, file, STOP));
        assertEquals(Phase.FAILED, status.phase());
        assertTrue(status.reasons().getFirst().cause().contains("cannot be flushed"), status.reasons().toString());
        assertFalse(Files.exists(file));
        assertEquals(Machine.Phase.RUNNING, machine.phase());
    }
}
