package org.sterna.machine.internal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a file or a block device of the host comes down to: a partition to its disk, a loop device to the file behind it, a device
 * of the device mapper, of RAID or of bcache to those that it is made of. It is read from sysfs (sysfs(5)), without opening any of
 * them.
 */
final class HostStorage {
    /** The kind of a file in its mode (inode(7)). */
    private static final int KIND = 0xf000;
    private static final int REGULAR = 0x8000;
    private static final int BLOCK_DEVICE = 0x6000;
    private static final String DELETED = " (deleted)";

    private final Path sys;

    /** Of a host whose sysfs is mounted somewhere. */
    HostStorage(Path sys) {
        this.sys = sys;
    }

    /** How something is used: as a whole, or by somebody who has a part of it and leaves the rest to others. */
    enum Use {
        READ(false, false), WRITE(true, false), READ_PART(false, true), WRITE_PART(true, true);

        private final boolean writes;
        private final boolean part;

        Use(boolean writes, boolean part) {
            this.writes = writes;
            this.part = part;
        }

        boolean writes() {
            return writes;
        }

        /** Whether two cannot use the same thing at once. Of two that have parts of it, the parts decide. */
        boolean excludes(Use other) {
            return (writes || other.writes) && !(part && other.part);
        }

        private Use ofPart() {
            return writes ? WRITE_PART : READ_PART;
        }
    }

    /**
     * A piece of storage, and how it would be used.
     *
     * @param identity the same for every path that leads to it
     * @param path     the real path of a file; what the system calls a block device
     * @param file     whether it is a regular file
     * @param loops    the loop devices through which it would be used
     */
    record Stake(Object identity, Path path, Use use, boolean file, Set<Path> loops) {
        Stake {
            loops = Set.copyOf(loops);
        }
    }

    /**
     * All that would be used with a file or block device, itself first.
     *
     * @throws IOException if it cannot be looked at
     */
    List<Stake> stakes(Path path, boolean writes) throws IOException {
        var stakes = new ArrayList<Stake>();
        Use use = writes ? Use.WRITE : Use.READ;
        switch ((int) Files.getAttribute(path, "unix:mode") & KIND) {
            case REGULAR -> addFile(path, use, Set.of(), stakes);
            case BLOCK_DEVICE -> addDevice(number((long) Files.getAttribute(path, "unix:rdev")), use, Set.of(), stakes);
            default -> stakes.add(new Stake(Files.getAttribute(path, "unix:fileKey"), path, use, false, Set.of()));
        }
        return stakes;
    }

    private static void addFile(Path path, Use use, Set<Path> loops, List<Stake> stakes) throws IOException {
        Path real = path.toRealPath();
        stakes.add(new Stake(Files.getAttribute(real, "unix:fileKey"), real, use, true, loops));
    }

    /** The numbers of a device as sysfs writes them (makedev(3)). */
    static String number(long device) {
        long major = device >> 8 & 0xfff | device >> 32 & ~0xfffL;
        long minor = device & 0xff | device >> 12 & ~0xffL;
        return major + ":" + minor;
    }

    /**
     * Adds a block device and what is below it.
     *
     * @param number {@code MAJOR:MINOR}
     */
    void addDevice(String number, Use use, Set<Path> loops, List<Stake> stakes) throws IOException {
        Path folder = sys.resolve("dev/block").resolve(number);
        if (!Files.exists(folder)) {
            // A device that the system does not describe here is used as what it is.
            stakes.add(new Stake("block device " + number, Path.of("/dev/block", number), use, false, loops));
            return;
        }
        folder = folder.toRealPath();
        Path device = device(folder);
        if (stakes.stream().anyMatch(stake -> stake.identity().equals("block device " + number))) {
            return;
        }
        stakes.add(new Stake("block device " + number, device, use, false, loops));
        if (Files.exists(folder.resolve("partition"))) {
            addDevice(text(folder.getParent().resolve("dev")), use.ofPart(), loops, stakes);
        }
        for (Path slave : list(folder.resolve("slaves"), "*")) {
            addDevice(text(slave.resolve("dev")), use.ofPart(), loops, stakes);
        }
        Optional<Path> file = backingFile(folder);
        if (file.isPresent()) {
            var through = new HashSet<>(loops);
            through.add(device);
            addFile(file.get(), coversAll(folder) ? use : use.ofPart(), through, stakes);
        }
    }

    /** The file behind a loop device, if it can be found here. */
    private static Optional<Path> backingFile(Path folder) throws IOException {
        String text = text(folder.resolve("loop/backing_file"));
        try {
            Path file = Path.of(text.endsWith(DELETED) ? text.substring(0, text.length() - DELETED.length()) : text);
            return text.isEmpty() || !Files.isRegularFile(file) ? Optional.empty() : Optional.of(file);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static boolean coversAll(Path folder) throws IOException {
        return isZero(folder.resolve("loop/offset")) && isZero(folder.resolve("loop/sizelimit"));
    }

    private static boolean isZero(Path file) throws IOException {
        String text = text(file);
        return text.isEmpty() || text.equals("0");
    }

    /**
     * A loop device of the host through which a file may be written, beside those through which it would be used here.
     *
     * @throws IOException if that cannot be found out
     */
    Optional<Path> otherLoop(Stake stake) throws IOException {
        for (Path folder : list(sys.resolve("block"), "loop*")) {
            Optional<Path> file = backingFile(folder);
            if (file.isPresent() && isZero(folder.resolve("ro")) && !stake.loops().contains(device(folder))
                    && Files.getAttribute(file.get(), "unix:fileKey").equals(stake.identity())) {
                return Optional.of(device(folder));
            }
        }
        return Optional.empty();
    }

    private static Path device(Path folder) {
        return Path.of("/dev", folder.getFileName().toString().replace('!', '/'));
    }

    private static List<Path> list(Path folder, String names) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, names)) {
            var all = new ArrayList<Path>();
            entries.forEach(all::add);
            return all;
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** The text of a file of sysfs, or the empty string if it is not there. */
    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file).strip();
        } catch (NoSuchFileException e) {
            return "";
        }
    }
}
