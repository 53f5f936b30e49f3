package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.host.FileUse;

/** What the properties of a machine name is not replaced by others until the machine is closed. */
class MachineFilesTest {
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
    private final VirtualMachine machine = new VirtualMachine(
        Fakes.blueprint(new Fakes.FakeBoards(), new Fakes.FakeProcessors(), gadgets, 1), FileLeases::new, closed -> { });
    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        machine.close();
    }

    private Path file(String name) throws IOException {
        return Files.writeString(folder.resolve(name), name);
    }

    private static void used(String by, Path path) {
        assertEquals("it is in use by " + by, assertThrows(IOException.class, () -> FileUse.requireReplaceable(path)).getMessage());
    }

    @Test
    void aMachineUsesItsFilesFromWhenItIsAttachedUntilItIsClosed() throws IOException {
        Path disk = file("disk");
        gadgets.claims = path -> Optional.empty();
        gadgets.context.settle(Fakes.FILE, disk.toString());
        machine.attach();
        used("machine test (/gadget@0.file)", disk);
        used("machine test (/gadget@0.file)", Files.createLink(folder.resolve("hard"), disk));
        used("the lease of " + disk.toRealPath(), folder.resolve("disk.lease"));
        machine.boot();
        machine.pause();
        machine.detach();
        used("machine test (/gadget@0.file)", disk);
        FileUse.requireReplaceable(folder.resolve("disk.lease"));
        machine.close();
        FileUse.requireReplaceable(disk);
    }

    @Test
    void everyPropertyThatNamesAFileCountsAndNothingElse() throws IOException {
        Path kernel = file("kernel");
        Path disk = file("disk");
        Path bundle = file("1.0.0");
        var files = new MachineFiles("web");
        files.look(Map.of("/board", Map.of("image", kernel.toString(), "cores", 2L, "odd", "\0", "nothing", ""),
            "/disk@0", Map.of("drive", disk.toString(), "folder", folder.toString(), "bundle", bundle.toString(),
                "new", folder.resolve("new").toString())), Duration.ofSeconds(10));
        used("machine web (/board.image)", kernel);
        used("machine web (/disk@0.drive)", disk);
        FileUse.requireReplaceable(bundle);
        FileUse.requireReplaceable(folder.resolve("new"));
        files.close();
        FileUse.requireReplaceable(kernel);
    }
}
