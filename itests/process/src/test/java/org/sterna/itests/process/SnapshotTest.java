package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guest that checks itself goes into a file and comes out of it in another process. */
class SnapshotTest {
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

    @Test
    void aGuestGoesOnFromAFile() throws Exception {
        Path disk = disk("disk.img");
        String snapshot = folder.resolve("guest.sterna").toString();
        var guest = sterna.guest("one", "virt-1.1", "--device", "virtio-blk,drive=" + disk, "--device", "pvclock");
        var running = sterna.run("snapshot", sterna.control("one"), folder.resolve("running.sterna").toString(), "--json");
        assertEquals(0, running.code(), running.err());
        assertEquals("ok", running.json().get("result").asText());

        var written = sterna.run("snapshot", sterna.control("one"), snapshot, "--stop");
        assertEquals(0, written.code(), written.err());
        assertTrue(written.out().contains("written to " + snapshot), written.out());

        var taken = sterna.run("restore", snapshot);
        assertEquals(1, taken.code());
        assertTrue(taken.err().contains("/virtio-blk@0.drive") && taken.err().contains("in use"), taken.err());

        String old = Sterna.root().resolve("cnf/release/1.0.0").toString();
        var live = sterna.run("check", sterna.control("one"), old, "--json");
        assertEquals(1, live.code(), live.err());
        sterna.receiver("other");
        assertEquals(0, sterna.run("check", snapshot, sterna.endpoint("other")).code());
        var older = sterna.run("check", snapshot, old);
        assertEquals(1, older.code());
        assertTrue(older.out().contains("--device virtio-blk,discard=off or --machine virt-1.0"), older.out());

        sterna.qmp("one", "quit");
        guest.process().waitFor();
        // Its guest went on and wrote to the disk.
        var stale = sterna.run("restore", folder.resolve("running.sterna").toString());
        assertEquals(1, stale.code());
        assertTrue(stale.err().contains("/virtio-blk@0.drive: " + disk + " is not as it was when the guest was saved: it was last written at ")
            && stale.err().contains("--accept-changed /virtio-blk@0.drive"), stale.err());
        var back = sterna.start("restore", snapshot, "--name", "two", "--control", sterna.control("two"));
        Sterna.await(back.out(), text -> reports(text).size() >= 3, back);
        assertEquals(List.of(), reports(Sterna.text(back.out())).stream().filter(line -> !line.contains("violations=0")).toList());

        var found = sterna.run("inspect", snapshot, "--json").json();
        assertTrue(found.get("whole").asBoolean());
        assertEquals("virtio-blk", found.at("/sections/~1virtio-blk@0/type").asText());
        assertTrue(found.at("/sections/~1riscv64@0/state/pc").asLong() >= 0x8000_0000L, found.toString());
        assertEquals(1, sterna.run("inspect", "--diff", folder.resolve("running.sterna").toString(), snapshot).code());
        assertEquals(0, sterna.run("inspect", "--diff", snapshot, snapshot).code());
    }

    private Path disk(String name) throws IOException {
        Path disk = folder.resolve(name);
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(8 << 20);
        }
        return disk;
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            assertTrue(System.nanoTime() < deadline, "in vain");
            LockSupport.parkNanos(10_000_000);
        }
    }

    /** Whatever it is that has a name, by what shows that it is still the same. */
    private static String what(Path file) throws IOException {
        var attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return attributes.fileKey() + " " + attributes.isRegularFile() + attributes.isSymbolicLink()
            + attributes.isOther()
            + attributes.size();
    }

    /** A snapshot of the machine one is refused, and the file is as it was. */
    private void refused(Path file, String cause) throws Exception {
        String before = what(file);
        var refused = sterna.run("snapshot", sterna.control("one"), file.toString());
        assertEquals(1, refused.code(), refused.out());
        assertTrue(refused.out().contains(cause), refused.out() + refused.err());
        assertFalse(refused.out().contains("make room"), refused.out());
        assertEquals(before, what(file));
        assertFalse(Files.exists(file.resolveSibling(file.getFileName() + ".unfinished")));
    }

    private void refusedWithItsBytes(Path file, String cause) throws Exception {
        byte[] before = Files.readAllBytes(file);
        refused(file, cause);
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    private void runsOnWithoutViolations(Sterna.Background guest) throws Exception {
        int before = reports(Sterna.text(guest.out())).size();
        Sterna.await(guest.out(), text -> reports(text).size() > before + 1, guest);
        assertEquals(List.of(), reports(Sterna.text(guest.out())).stream().filter(line -> !line
            .contains("violations=0")).toList());
    }

    @Test
    void aSnapshotReplacesNothingThatIsInUse() throws Exception {
        Path disk = disk("disk.img");
        Path other = disk("other.img");
        var one = sterna.guest("one", "virt-1.1", "--device", "virtio-blk,drive=" + disk);
        var two = sterna.guest("two", "virt-1.1", "--device", "virtio-blk,drive=" + other);

        refused(disk, "it is in use by machine one (/virtio-blk@0.drive)");
        refused(Files.createSymbolicLink(folder.resolve("link.img"), disk), "there is a symbolic link of this name");
        refusedWithItsBytes(folder.resolve("disk.img.lease"), "it is in use by the lease of " + disk.toRealPath());
        refused(folder.resolve("one.sock"), "there is a socket of this name");
        refused(other, "it is in use by another process");
        refused(Files.createLink(folder.resolve("hard.img"), other), "it is in use by another process");
        refusedWithItsBytes(folder.resolve("other.img.lease"), "it is in use by another process");
        refused(folder.resolve("two.sock"), "there is a socket of this name");
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        refused(fifo, "there is a FIFO of this name");
        runsOnWithoutViolations(one);
        runsOnWithoutViolations(two);
    }

    @Test
    void aSnapshotReplacesNoneThatAGuestRunsFromNorOneThatIsBeingWritten() throws Exception {
        sterna.guest("one", "virt-1.1");
        var two = sterna.guest("two", "virt-1.1");
        Path base = folder.resolve("base.sterna");
        assertEquals(0, sterna.run("snapshot", sterna.control("two"), base.toString(), "--stop").code());
        sterna.qmp("two", "quit");
        two.process().waitFor();
        var back = sterna.start("restore", base.toString(), "--name", "three", "--control", sterna.control("three"));
        Sterna.await(back.out(), text -> reports(text).size() >= 3, back);
        byte[] before = Files.readAllBytes(base);
        refused(base, "it is in use by another process");
        var own = sterna.run("snapshot", sterna.control("three"), base.toString());
        assertTrue(own.out().contains("it is in use by machine three, whose memory is read from it"), own.out());
        assertArrayEquals(before, Files.readAllBytes(base));
        runsOnWithoutViolations(back);

        Path file = folder.resolve("guest.sterna");
        Files.writeString(file, "an earlier one");
        Path unfinished = folder.resolve("guest.sterna.unfinished");
        var slow = sterna.start("snapshot", sterna.control("three"), file.toString(), "--bandwidth", "100000");
        await(() -> Files.exists(unfinished) && Files.size(unfinished) > 0);
        var second = sterna.run("snapshot", sterna.control("one"), file.toString());
        assertEquals(1, second.code());
        assertTrue(second.out().contains("another snapshot is being written there")
            && second.out().contains("name another file, or wait until that snapshot has ended"), second.out());
        assertTrue(Files.exists(unfinished));
        sterna.qmp("three", "migrate_cancel");
        assertEquals(1, slow.process().waitFor());
        assertFalse(Files.exists(unfinished));
        assertEquals("an earlier one", Files.readString(file));
        assertEquals(0, sterna.run("snapshot", sterna.control("one"), file.toString()).code());
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(0, sterna.run("inspect", file.toString()).code());
    }

    @Test
    void aFileThatIsCutUnderItsGuestIsNamed() throws Exception {
        var guest = sterna.guest("one", "virt-1.1");
        Path file = folder.resolve("guest.sterna");
        assertEquals(0, sterna.run("snapshot", sterna.control("one"), file.toString(), "--stop").code());
        sterna.qmp("one", "quit");
        guest.process().waitFor();
        var back = sterna.start("restore", file.toString(), "--name", "two", "--control", sterna.control("two"));
        Sterna.await(back.out(), text -> reports(text).size() >= 3, back);
        try (var cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(4096);
        }
        await(() -> sterna.qmp("two", "query-status").at("/return/status").asText().equals("paused"));
        String why = "the file " + file
            + ", which the guest's memory is read from, has been cut: it has 4096 bytes, and had ";
        await(() -> sterna.qmp("two", "x-sterna-status").at("/return/why").asText().startsWith(why));
        var resumed = sterna.run("resume", sterna.control("two"));
        assertEquals(1, resumed.code());
        assertTrue(resumed.err().contains(why) && resumed.err()
            .contains("restore the guest from a whole copy of the file"), resumed.err());
        assertFalse(back.errText().contains("defect"), back.errText());
        assertTrue(back.process().isAlive());
    }

    /** The guest's reports, without one that it is still writing. */
    private static List<String> reports(String text) {
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().filter(line -> line.contains("DRILL report")).toList();
    }

    @Test
    void aFileThatIsNotWholeIsRefusedWithThePlace() throws Exception {
        sterna.guest("one", "virt-1.0");
        Path file = folder.resolve("guest.sterna");
        assertEquals(0, sterna.run("snapshot", sterna.control("one"), file.toString()).code());
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        for (String command : new String[] {"restore", "inspect"}) {
            var cut = sterna.run(command, file.toString());
            assertEquals(1, cut.code());
            assertTrue(cut.err().contains("is cut: it ends in the frame PAGES at byte"), cut.err());
            assertFalse(cut.err().contains("\tat "), cut.err());
        }
        whole[whole.length / 2] ^= 1;
        Files.write(file, whole);
        var flipped = sterna.run("inspect", file.toString());
        assertEquals(1, flipped.code());
        assertTrue(flipped.err().contains("is damaged at byte"), flipped.err());
        staysWhereItIs(file);
        var nowhere = sterna.run("snapshot", sterna.control("one"), folder.resolve("no/where").toString());
        assertEquals(1, nowhere.code());
        assertTrue(nowhere.out().contains("there is no folder " + folder.resolve("no"))
            && nowhere.out().contains("make the folder, or name a file in one that there is"), nowhere.out());
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        for (String[] command : new String[][] {{"inspect", fifo.toString()}, {"check", fifo.toString(),
                sterna.endpoint("none")}}) {
            var refused = sterna.run(command);
            assertEquals(1, refused.code());
            assertTrue(refused.err().contains(fifo + ": is a FIFO, not a file with a snapshot in it"), refused.err());
        }
    }

    /** A guest whose memory turns out to be damaged goes on nowhere, whoever wants it to. */
    private void staysWhereItIs(Path damaged) throws Exception {
        var back = sterna.start("restore", damaged.toString(), "--name", "back", "--control", sterna.control("back"));
        Sterna.await(back.err(), text -> text.contains("was restored from a damaged file"), back);
        for (String[] command : new String[][] {{"resume", sterna.control("back")},
                {"snapshot", sterna.control("back"), folder.resolve("again.sterna").toString()},
                {"migrate", sterna.control("back"), sterna.endpoint("none")}}) {
            var refused = sterna.run(command);
            assertEquals(1, refused.code(), refused.out());
            assertTrue((refused.out() + refused.err()).contains("is damaged at byte"), refused.out() + refused.err());
        }
    }

    /** Without a disk the drill would not notice, so that it is the operator's word that counts. */
    @Test
    void aChangedDiskIsAcceptedIfTheOperatorSaysSo() throws Exception {
        Path disk = Files.write(folder.resolve("disk.img"), new byte[1 << 20]);
        String snapshot = folder.resolve("guest.sterna").toString();
        var guest = sterna.start(sterna.drillWith("drill.disk=off", "one", "virt-1.1", "--device", "virtio-blk,drive=" + disk));
        Sterna.await(guest.out(), text -> reports(text).size() >= 2, guest);
        assertEquals(0, sterna.run("snapshot", sterna.control("one"), snapshot, "--stop").code());
        sterna.qmp("one", "quit");
        guest.process().waitFor();
        byte[] changed = new byte[1 << 20];
        changed[4] = 1;
        Files.write(disk, changed);
        var refused = sterna.run("restore", snapshot, "--accept-changed", "/virtio-blk@1.drive");
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("/virtio-blk@1.drive: cannot be accepted as changed: " + snapshot
            + " does not say what its content was (it says that of /virtio-blk@0.drive)"), refused.err());
        var back = sterna.start("restore", snapshot, "--name", "two", "--control", sterna.control("two"), "--accept-changed",
            "/virtio-blk@0.drive");
        Sterna.await(back.out(), text -> reports(text).size() >= 3, back);
    }
}
