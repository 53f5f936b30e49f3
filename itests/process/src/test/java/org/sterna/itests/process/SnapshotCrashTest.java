package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed while it writes a snapshot, or has no room for it: nothing passes for a machine that is none. */
class SnapshotCrashTest {
    private static final int KILLS = 4;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

    @TempDir
    Path folder;
    private Sterna sterna;

    @BeforeEach
    void open() {
        sterna = new Sterna(folder);
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private static long size(Path file) throws Exception {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    /** Kills a process when what it writes has grown to a size, or is done. */
    private static void kill(Sterna.Background victim, Path unfinished, Path file, long size) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (size(unfinished) < size && !Files.exists(file)) {
            assertTrue(System.nanoTime() < deadline && victim.process().isAlive(), victim::errText);
            LockSupport.parkNanos(100_000);
        }
        victim.process().destroyForcibly().waitFor();
    }

    @Test
    void whatAKilledProcessLeavesBehindIsNoSnapshot() throws Exception {
        Path whole = folder.resolve("whole.sterna");
        sterna.guest("first", "virt-1.1");
        assertEquals(0, sterna.run("snapshot", sterna.control("first"), whole.toString()).code());
        byte[] before = Files.readAllBytes(whole);
        int killedEarly = 0;
        for (int i = 0; i < KILLS; i++) {
            String name = "guest" + i;
            Path file = folder.resolve(name + ".sterna");
            Path unfinished = folder.resolve(name + ".sterna.unfinished");
            Sterna.Background guest = sterna.guest(name, "virt-1.1");
            sterna.start("snapshot", sterna.control(name), file.toString());
            kill(guest, unfinished, file, 1 + before.length * (long) i / (KILLS - 1));
            if (Files.exists(file)) {
                assertEquals(0, sterna.run("inspect", file.toString()).code(), "it has its name, so all of it is there");
                continue;
            }
            if (sterna.run("inspect", unfinished.toString()).out().contains("whole: true")) {
                // Killed when only its name was missing.
                continue;
            }
            killedEarly++;
            for (String command : List.of("inspect", "restore")) {
                Sterna.Result refused = sterna.run(command, unfinished.toString());
                assertEquals(1, refused.code(), refused.out());
                assertTrue(refused.err().contains("is cut: it ends") && !refused.err().contains("\tat "), refused.err());
            }
        }
        assertTrue(killedEarly > 1, "processes were killed while they wrote");
    }

    @Test
    void aFileThatWasLeftBehindIsReplacedAndAnEarlierSnapshotIsKept() throws Exception {
        Path file = folder.resolve("guest.sterna");
        Path unfinished = folder.resolve("guest.sterna.unfinished");
        sterna.guest("one", "virt-1.1");
        assertEquals(0, sterna.run("snapshot", sterna.control("one"), file.toString()).code());
        byte[] earlier = Files.readAllBytes(file);
        Sterna.Background guest = sterna.guest("two", "virt-1.1");
        sterna.start("snapshot", sterna.control("two"), file.toString(), "--bandwidth", "1000000");
        kill(guest, unfinished, folder.resolve("none"), 200_000);
        assertTrue(Files.exists(unfinished));
        assertEquals(-1, Arrays.mismatch(earlier, Files.readAllBytes(file)));
        assertEquals(0, sterna.run("snapshot", sterna.control("one"), file.toString()).code());
        assertFalse(Files.exists(unfinished), "the next snapshot of that name takes its place");
        assertEquals(0, sterna.run("inspect", file.toString()).code());
    }

    /** The limit on the size of files stands for a full disk: a write fails in the middle, in the same way. */
    @Test
    void aGuestRunsOnWhenThereIsNoRoomForItsSnapshot() throws Exception {
        Path file = folder.resolve("guest.sterna");
        Sterna.Background guest = sterna.limited("guest", "virt-1.1", 4 << 20);
        Sterna.Result refused = sterna.run("snapshot", sterna.control("guest"), file.toString(), "--json");
        assertEquals(1, refused.code(), refused.out());
        assertEquals("failed", refused.json().get("result").asText());
        String cause = refused.json().at("/reasons/0/cause").asText();
        assertTrue(cause.startsWith("cannot be written: File too large"), refused.out());
        assertFalse(refused.err().contains("\tat "), refused.err());
        assertFalse(Files.exists(file) || Files.exists(folder.resolve("guest.sterna.unfinished")));
        int reports = Sterna.text(guest.out()).split("DRILL report").length;
        Sterna.await(guest.out(), text -> text.split("DRILL report").length > reports + 2, guest);
        assertFalse(Sterna.text(guest.out()).contains("DRILL violation"));
    }

    @Test
    void aProcessThatIsToldToEndLeavesNothingUnfinishedBehind() throws Exception {
        var guest = sterna.guest("one", "virt-1.1");
        Path file = folder.resolve("guest.sterna");
        Path unfinished = folder.resolve("guest.sterna.unfinished");
        var snapshot = sterna.start("snapshot", sterna.control("one"), file.toString(), "--bandwidth", "100000");
        long deadline = System.nanoTime() + PATIENCE_NS;
        while (size(unfinished) == 0) {
            assertTrue(System.nanoTime() < deadline && guest.process().isAlive(), guest::errText);
            LockSupport.parkNanos(1_000_000);
        }
        guest.process().destroy();
        assertTrue(guest.process().waitFor(PATIENCE_NS, TimeUnit.NANOSECONDS));
        assertFalse(Files.exists(unfinished) || Files.exists(file));
        assertEquals(1, snapshot.process().waitFor());
        String told = Sterna.text(snapshot.out()) + snapshot.errText();
        assertTrue(told.contains("snapshot") && !told.contains("migration"), told);
    }
}
