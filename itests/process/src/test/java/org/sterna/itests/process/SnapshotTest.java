package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
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
        Path disk = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(8 << 20);
        }
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
        assertEquals(1, sterna.run("snapshot", sterna.control("one"), folder.resolve("no/where").toString()).code());
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
        assertEquals(1, refused.code());
        assertTrue(refused.err().contains("--accept-changed /virtio-blk@0.drive"), refused.err());
        var back = sterna.start("restore", snapshot, "--name", "two", "--control", sterna.control("two"), "--accept-changed",
            "/virtio-blk@0.drive");
        Sterna.await(back.out(), text -> reports(text).size() >= 3, back);
    }
}
