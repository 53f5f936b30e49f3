package org.sterna.deployment.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.sterna.machine.host.FileUse;

/**
 * A file that is used to remember something across a crash of the process or of the host: when a method returns, what it did is
 * on the disk, the folder's entry included.
 */
record DurableFile(Path path) {
    /** A file by its absolute path. */
    DurableFile {
        path = path.toAbsolutePath();
    }

    boolean exists() {
        return Files.exists(path);
    }

    String read() throws IOException {
        return Files.readString(path);
    }

    /**
     * Writes the whole file or none of it, in place of one that is there; makes its folder if there is none.
     *
     * @throws IOException also if something else than a regular file is there, or a file that is in use in this process
     */
    void write(String text) throws IOException {
        createFolder();
        var unfinished = new DurableFile(path.resolveSibling(path.getFileName() + ".unfinished"));
        try (FileUse use = FileUse.replacing(path, "a note of Sterna's");
                FileUse other = FileUse.replacing(unfinished.path, "a note of Sterna's")) {
            // Made anew, so that nothing is written through a link of that name, symbolic or hard.
            Files.deleteIfExists(unfinished.path);
            Files.writeString(unfinished.path, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE,
                StandardOpenOption.DSYNC);
            unfinished.rename(this);
        }
    }

    /** Gives the file another name in the same folder, in place of one that has it. */
    void rename(DurableFile other) throws IOException {
        Files.move(path, other.path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        force(path.getParent());
    }

    /** Deletes the file if it is there. */
    void delete() throws IOException {
        if (Files.deleteIfExists(path)) {
            force(path.getParent());
        }
    }

    /** Makes the folder that the file is in. */
    void createFolder() throws IOException {
        create(path.getParent());
    }

    private static void create(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            create(folder.getParent());
            try {
                Files.createDirectory(folder);
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(folder)) {
                    throw e;
                }
            }
            force(folder.getParent());
        }
    }

    private static void force(Path folder) throws IOException {
        try (var entries = FileChannel.open(folder, StandardOpenOption.READ)) {
            entries.force(true);
        }
    }
}
