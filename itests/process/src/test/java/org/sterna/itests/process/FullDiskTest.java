package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The host's disk is full while a guest writes: it waits, the operator is told, and it goes on as if nothing had been, here or
 * elsewhere. Its drill finds any request that is lost or answered twice.
 */
class FullDiskTest {
    private static final long DISK_BYTES = 8 << 20;
    /** So that the drill uses all of the disk. */
    private static final String WHOLE_DISK = "drill.disk-blocks=" + DISK_BYTES / 512;

    @TempDir
    Path folder;
    private Sterna sterna;
    private Path mounted;

    @BeforeEach
    void open() {
        sterna = new Sterna(folder);
    }

    @AfterEach
    void close() throws Exception {
        sterna.close();
        if (mounted != null) {
            assertEquals(0, run("umount", mounted.toString()));
        }
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private static Path disk(Path folder) throws Exception {
        Path disk = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        return disk;
    }

    private void awaitStatus(String name, String status, Sterna.Background process) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        String last;
        do {
            assertTrue(System.nanoTime() < deadline, "never " + status + ": " + process.errText());
            last = sterna.qmp(name, "query-status").at("/return/status").asText();
        } while (!last.equals(status));
    }

    /** The last line may still be on its way. */
    private static List<String> reports(String text) {
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().filter(line -> line.startsWith("DRILL report")).toList();
    }

    /** Waits until the drill has worked on for a while, and has found nothing wrong. */
    private static void awaitWork(Sterna.Background guest) throws Exception {
        int before = reports(Sterna.text(guest.out())).size();
        Predicate<String> more = text -> reports(text).size() >= before + 3;
        Sterna.await(guest.out(), more, guest);
        assertEquals(List.of(),
            reports(Sterna.text(guest.out())).stream().filter(line -> !line.contains("violations=0")).toList());
    }

    @Test
    void aGuestWaitsForRoomAndGoesOn() throws Exception {
        mounted = Files.createDirectory(folder.resolve("small"));
        boolean can = run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mounted.toString()) == 0;
        Path small = mounted;
        mounted = can ? mounted : null;
        assumeTrue(can, "only root can mount a small file system");
        var guest = sterna.start(sterna.drillWith(WHOLE_DISK, "one", "virt-1.1", "--device", "virtio-blk,drive=" + disk(small)));
        Sterna.await(guest.out(), text -> text.contains("DRILL ready"), guest);
        awaitStatus("one", "io-error", guest);
        var status = sterna.run("status", sterna.control("one"));
        assertTrue(status.out().contains("disk.img cannot be written: No space left on device (make room on the host's disk"),
            status.out());
        assertEquals("", sterna.qmp("one", "cont").at("/error/desc").asText());
        awaitStatus("one", "io-error", guest);
        assertEquals(0, run("mount", "-o", "remount,size=32m", small.toString()));
        assertEquals("", sterna.qmp("one", "cont").at("/error/desc").asText());
        awaitWork(guest);
        assertEquals("running", sterna.qmp("one", "query-status").at("/return/status").asText());
        sterna.qmp("one", "quit");
        guest.process().waitFor();
    }

    /** A guest that waits, in a process that can write no file beyond two thirds of its disk. */
    private Sterna.Background waiting(String name, String type, Path disk) throws Exception {
        var guest = sterna.limitedTo(DISK_BYTES / 3 * 2, sterna.drillWith(WHOLE_DISK, name, type, "--device",
            "virtio-blk,werror=stop,drive=" + disk));
        Sterna.await(guest.out(), text -> text.contains("DRILL ready"), guest);
        awaitStatus(name, "io-error", guest);
        return guest;
    }

    @Test
    void aWaitingRequestSurvivesASnapshot() throws Exception {
        Path disk = disk(folder);
        String snapshot = folder.resolve("guest.sterna").toString();
        var guest = waiting("one", "virt-1.1", disk);
        // The file is larger than the process may write.
        assertEquals(0, run("prlimit", "--pid", Long.toString(guest.process().pid()), "--fsize=unlimited"));
        var written = sterna.run("snapshot", sterna.control("one"), snapshot);
        assertEquals(0, written.code(), written.err());
        assertEquals("io-error", sterna.qmp("one", "query-status").at("/return/status").asText());
        sterna.qmp("one", "quit");
        guest.process().waitFor();
        var back = sterna.start("restore", snapshot, "--name", "two", "--control", sterna.control("two"));
        Sterna.await(back.err(), text -> Files.exists(folder.resolve("two.sock")), back);
        awaitStatus("two", "paused", back);
        assertEquals("", sterna.qmp("two", "cont").at("/error/desc").asText());
        awaitWork(back);
    }

    /** To the first release, which knows nothing of requests that wait, and back. */
    @Test
    void aWaitingRequestSurvivesAMigrationToAnOldVersionAndBack() throws Exception {
        Path disk = disk(folder);
        var guest = waiting("one", "virt-1.0", disk);
        var old = sterna.receiver("old", "--bundles", Sterna.root().resolve("cnf/release/1.0.0").toString());
        var there = sterna.run("migrate", sterna.control("one"), sterna.endpoint("old"));
        assertEquals(0, there.code(), there.err());
        assertEquals(0, guest.process().waitFor());
        assertEquals("paused", sterna.qmp("old", "query-status").at("/return/status").asText());
        var fresh = sterna.receiver("new");
        var back = sterna.run("migrate", sterna.control("old"), sterna.endpoint("new"));
        assertEquals(0, back.code(), back.err());
        assertEquals("", sterna.qmp("new", "cont").at("/error/desc").asText());
        awaitWork(fresh);
        var again = sterna.receiver("older", "--bundles", Sterna.root().resolve("cnf/release/1.0.0").toString());
        assertEquals(0, sterna.run("migrate", sterna.control("new"), sterna.endpoint("older")).code());
        awaitWork(again);
    }
}
