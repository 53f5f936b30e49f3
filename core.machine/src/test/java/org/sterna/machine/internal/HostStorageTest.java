package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.machine.internal.HostStorage.Stake;
import org.sterna.machine.internal.HostStorage.Use;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.Resource;

/** What lies below a block device, told by a sysfs of the test's own; and, as root, by that of this host. */
class HostStorageTest {
    @TempDir
    Path folder;
    private Path sys;
    private HostStorage storage;
    private Path disk;

    @BeforeEach
    void open() throws Exception {
        sys = Files.createDirectories(folder.resolve("sys"));
        Files.createDirectories(sys.resolve("block"));
        Files.createDirectories(sys.resolve("dev/block"));
        storage = new HostStorage(sys);
        disk = Files.write(folder.resolve("disk.img"), new byte[4096]).toRealPath();
    }

    /** Describes a block device, in the folder of another if it is a partition of that. */
    private Path device(String path, String number) throws Exception {
        Path device = Files.createDirectories(sys.resolve("devices").resolve(path));
        Files.writeString(device.resolve("dev"), number + "\n");
        Files.createDirectories(device.resolve("slaves"));
        Files.createSymbolicLink(sys.resolve("dev/block").resolve(number), device);
        if (path.contains("/")) {
            Files.writeString(device.resolve("partition"), "1\n");
        } else {
            Files.createSymbolicLink(sys.resolve("block").resolve(path), device);
        }
        return device;
    }

    private static void slave(Path device, Path below) throws Exception {
        Files.createSymbolicLink(device.resolve("slaves").resolve(below.getFileName()), below);
    }

    private Path loop(String name, String number, Path file, String offset) throws Exception {
        Path device = device(name, number);
        Files.writeString(device.resolve("ro"), "0\n");
        Files.createDirectories(device.resolve("loop"));
        Files.writeString(device.resolve("loop/backing_file"), file + "\n");
        Files.writeString(device.resolve("loop/offset"), offset + "\n");
        Files.writeString(device.resolve("loop/sizelimit"), "0\n");
        return device;
    }

    private List<String> below(String number) throws Exception {
        var stakes = new ArrayList<Stake>();
        storage.addDevice(number, Use.WRITE, Set.of(), stakes);
        return stakes.stream().map(stake -> stake.path() + " " + stake.use()).toList();
    }

    @Test
    void numbersAreThoseOfTheSystem() {
        assertEquals("7:0", HostStorage.number(0x700));
        assertEquals("259:65537", HostStorage.number(259 << 8 | 1 | 0x1_0000L << 12));
    }

    @Test
    void aPartitionIsAPartOfItsDisk() throws Exception {
        device("sda", "8:0");
        device("sda/sda1", "8:1");
        assertEquals(List.of("/dev/sda WRITE"), below("8:0"));
        assertEquals(List.of("/dev/sda1 WRITE", "/dev/sda WRITE_PART"), below("8:1"));
    }

    @Test
    void whatIsMadeOfOthersUsesThem() throws Exception {
        Path sda = device("sda", "8:0");
        Path sda1 = device("sda/sda1", "8:1");
        Path md = device("md0", "9:0");
        slave(md, sda1);
        slave(md, device("sdb", "8:16"));
        Path dm = device("dm-0", "253:0");
        slave(dm, md);
        assertTrue(Files.exists(sda));
        assertEquals(Set.of("/dev/dm-0 WRITE", "/dev/md0 WRITE_PART", "/dev/sda1 WRITE_PART", "/dev/sda WRITE_PART",
            "/dev/sdb WRITE_PART"), Set.copyOf(below("253:0")));
    }

    @Test
    void aLoopDeviceIsTheFileBehindItOrAPartOfThat() throws Exception {
        loop("loop0", "7:0", disk, "0");
        device("loop0/loop0p1", "259:0");
        loop("loop1", "7:1", disk, "1048576");
        loop("loop2", "7:2", folder.resolve("gone (deleted)"), "0");
        assertEquals(List.of("/dev/loop0 WRITE", disk + " WRITE"), below("7:0"));
        assertEquals(List.of("/dev/loop0p1 WRITE", "/dev/loop0 WRITE_PART", disk + " WRITE_PART"), below("259:0"));
        assertEquals(List.of("/dev/loop1 WRITE", disk + " WRITE_PART"), below("7:1"));
        assertEquals(List.of("/dev/loop2 WRITE"), below("7:2"));
    }

    @Test
    void aDeviceThatIsNotDescribedIsItself() throws Exception {
        assertEquals(List.of("/dev/block/99:7 WRITE"), below("99:7"));
    }

    @Test
    void partsLeaveTheRestToOthers() {
        for (Use one : Use.values()) {
            for (Use other : Use.values()) {
                assertEquals(one.excludes(other), other.excludes(one));
            }
        }
        assertTrue(Stream.of(Use.values()).allMatch(Use.WRITE::excludes));
        assertFalse(Use.WRITE_PART.excludes(Use.WRITE_PART));
        assertFalse(Use.WRITE_PART.excludes(Use.READ_PART));
        assertTrue(Use.WRITE_PART.excludes(Use.READ), "who reads all of it reads the part too");
        assertFalse(Use.READ.excludes(Use.READ_PART));
    }

    @Test
    void aFileThatIsOpenAsALoopDeviceIsSaidSo() throws Exception {
        Stake file = storage.stakes(disk, true).getFirst();
        assertEquals(Optional.empty(), storage.otherLoop(file));
        Path loop = loop("loop0", "7:0", disk, "0");
        assertEquals(Optional.of(Path.of("/dev/loop0")), storage.otherLoop(file));
        var refusal = assertThrows(MachineException.class, () -> acquire("first", disk));
        assertTrue(refusal.getMessage().contains(disk + " is open on this host as /dev/loop0"), refusal.getMessage());
        var through = new ArrayList<Stake>();
        storage.addDevice("7:0", Use.WRITE, Set.of(), through);
        assertEquals(Optional.empty(), storage.otherLoop(through.getLast()), "it is the one through which it is used");
        Files.writeString(loop.resolve("ro"), "1\n");
        acquire("first", disk).release();
    }

    private Lease acquire(String machine, Path path) {
        return new FileLeases(storage).acquire(new Claim(machine, List.of(new Resource("/disk@0", "drive", path.toUri(), true))),
            cause -> { });
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        return process.waitFor() == 0 ? output : "";
    }

    /** With a real loop device, in both orders. */
    @Test
    void aLoopDeviceOverADiskInUseIsRefused() throws Exception {
        String loop = Files.isWritable(Path.of("/dev/loop-control")) ? output("losetup", "-f", "--show", disk.toString()) : "";
        assumeTrue(!loop.isEmpty(), "only root can make loop devices");
        storage = new HostStorage(Path.of("/sys"));
        try {
            var open = assertThrows(MachineException.class, () -> acquire("second", disk));
            assertTrue(open.getMessage().contains("is open on this host as " + loop), open.getMessage());
            Lease first = acquire("first", Path.of(loop));
            var file = assertThrows(MachineException.class, () -> acquire("second", disk));
            assertTrue(file.getMessage().contains(disk + " is in use by machine first"), file.getMessage());
            Path another = folder.resolve("node");
            assumeTrue(output("mknod", "-m", "600", another.toString(), "b", "7", loop.replace("/dev/loop", ""))
                .isEmpty() && Files.exists(another));
            var node = assertThrows(MachineException.class, () -> acquire("second", another));
            assertTrue(node.getMessage().contains(another + " uses " + loop + ", which is in use by machine first"),
                node.getMessage());
            first.release();
        } finally {
            output("losetup", "-d", loop);
        }
        Lease first = acquire("first", disk);
        loop = output("losetup", "-f", "--show", disk.toString());
        try {
            Path device = Path.of(loop);
            var refusal = assertThrows(MachineException.class, () -> acquire("second", device));
            assertTrue(refusal.getMessage().contains(loop + " uses " + disk + ", which is in use by machine first"),
                refusal.getMessage());
            first.release();
        } finally {
            output("losetup", "-d", loop);
        }
    }
}
