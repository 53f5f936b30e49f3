package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes want one disk: the second is told who has it, whatever its bundles and the path; a killed one does not block. */
class LeaseTest {
    @TempDir
    Path folder;
    private Sterna sterna;

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    @Test
    void oneDiskOneWriter() throws Exception {
        sterna = new Sterna(folder);
        Path disk = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        var first = sterna.guest("first", "virt-1.0", "--device", "serial,backend=stdio", "--device", "virtio-blk,drive=" + disk);
        refused(Files.createSymbolicLink(folder.resolve("link"), disk),
            " is in use by machine first (/virtio-blk@0) of process ");
        refused(disk, " is in use by machine first (/virtio-blk@0) of process ", "--bundles",
            Sterna.root().resolve("cnf/release/1.0.0").toString());
        // Their lease files differ, so it is the lock on the disk itself that tells.
        refused(Files.createLink(folder.resolve("hard"), disk), " is in use by another process");

        first.process().descendants().forEach(ProcessHandle::destroyForcibly);
        first.process().destroyForcibly().waitFor();
        assertTrue(Files.readString(folder.resolve("disk.img.lease")).startsWith("machine first"), "it could not clear it");
        var second = sterna.guest("second", "virt-1.0", "--device", "serial,backend=stdio", "--device", "virtio-blk,drive=" + disk);
        assertTrue(Files.readString(folder.resolve("disk.img.lease")).startsWith("machine second"));
        sterna.qmp("second", "quit");
        second.process().waitFor();
        assertFalse(Files.exists(folder.resolve("disk.img.lease")), "nobody has the disk");
    }

    private void refused(Path disk, String why, String... more) throws Exception {
        var arguments = new ArrayList<>(List.of("run", "--name", "second", "--machine", "virt-1.0", "--memory",
            "64M", "--kernel", Sterna.root().resolve("guest.drill/drill.img").toString(), "--control", sterna.control("second"),
            "--device", "virtio-blk,drive=" + disk));
        arguments.addAll(List.of(more));
        var run = sterna.run(arguments.toArray(String[]::new));
        assertEquals(1, run.code(), run.out() + run.err());
        assertTrue(run.err().contains("/virtio-blk@0.drive: "), run.err());
        assertTrue(run.err().contains(why), run.err());
    }
}
