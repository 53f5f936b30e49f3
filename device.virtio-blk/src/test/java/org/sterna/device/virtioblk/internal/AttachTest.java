package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.device.Device;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.time.GuestClock;
import org.sterna.testkit.DeviceBench;

/** How a device takes its file, and what it says when it cannot. */
class AttachTest {
    @TempDir
    Path directory;

    private static DeviceBench bench(Path file, String... properties) {
        var values = new HashMap<>(Map.of("drive", file.toString()));
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        return new DeviceBench(new BlockDeviceFactory(), values);
    }

    private static void refused(String cause, Path file, String... properties) {
        Reason reason = assertThrows(MachineException.class, () -> bench(file, properties)).reasons().getFirst();
        assertEquals("/virtio-blk@0", reason.subject());
        assertEquals("drive", reason.item());
        assertTrue(reason.cause().startsWith(file.toString()), reason.cause());
        assertTrue(reason.cause().contains(cause), reason.cause());
        assertTrue(!reason.remedy().isEmpty());
    }

    @Test
    void theFileMustBeThere() throws Exception {
        refused("does not exist", directory.resolve("nothing"));
        refused("is a folder, and a disk is a file or a block device", directory);
        refused("is a device, and a disk is a file or a block device", Path.of("/dev/zero"));
        Path fifo = directory.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        refused("is a FIFO, and a disk is a file or a block device", fifo);
    }

    @Test
    void theFileMustBeWholeBlocks() throws Exception {
        Path file = directory.resolve("odd");
        refused("whole blocks", Files.write(file, new byte[513]));
        refused("whole blocks", Files.write(file, new byte[0]));
        refused("whole blocks", Files.write(file, new byte[1536]), "block-size", "1K");
        bench(file).close();
    }

    @Test
    void theFileMustHoldTheCapacity() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        refused("less than", file, "capacity", "8K");
        bench(file, "capacity", "2K").close();
    }

    /** What a device says that is never attached. */
    private static List<Reason> obstacles(Path file, String... properties) {
        var values = new HashMap<>(Map.of("drive", file.toString()));
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        var factory = new BlockDeviceFactory();
        try (var bench = new DeviceBench(factory, factory.model().abi(), values, new GuestClock(), 1 << 20)) {
            List<Reason> obstacles = bench.call(Device::obstacles);
            obstacles.forEach(obstacle -> assertEquals("/virtio-blk@0.drive", obstacle.subject() + "." + obstacle.item()));
            return obstacles;
        }
    }

    private static void foreseen(String cause, Path file, String... properties) {
        List<Reason> obstacles = obstacles(file, properties);
        assertTrue(obstacles.size() == 1 && obstacles.getFirst().cause().contains(cause), obstacles.toString());
    }

    @Test
    void whatAnAttachWouldRefuseIsForeseen() throws Exception {
        foreseen("does not exist", directory.resolve("nothing"));
        foreseen("does not exist", directory.resolve("no-folder/nothing"));
        assertFalse(Files.exists(directory.resolve("nothing")), "a question creates nothing");
        foreseen("is a folder, and a disk is a file or a block device", directory);
        foreseen("whole blocks", Files.write(directory.resolve("odd"), new byte[513]));
        Path file = BlockGuest.disk(directory, 8);
        foreseen("less than", file, "capacity", "8K");
        assertEquals(List.of(), obstacles(file, "capacity", "2K"));
        assertEquals(List.of(), obstacles(file));
    }

    @Test
    void theLockOfWhoHasTheDiskNowIsNoObstacleAndStays() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        try (var holder = new LockHolder(file, false)) {
            assertEquals(List.of(), obstacles(file));
        }
        try (var source = bench(file)) {
            assertEquals(List.of(), obstacles(file));
            assertTrue(LockHolder.isLocked(file), "the question must not have given up the lock");
        }
    }

    @Test
    void theCapacityIsLockedAndAskedForAgain() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        try (var bench = bench(file)) {
            bench.serialized(() -> bench.device().detach());
            truncate(file, 4096 + 512);
            bench.attach();
            assertEquals(8, bench.read(0x100, 8), "a larger file does not change what the guest has seen");
            bench.serialized(() -> bench.device().detach());
            truncate(file, 2048);
            assertThrows(MachineException.class, bench::attach);
            truncate(file, 4096);
            bench.attach();
        }
    }

    private static void truncate(Path file, long size) throws Exception {
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            if (size > channel.size()) {
                channel.write(java.nio.ByteBuffer.wrap(new byte[1]), size - 1);
            }
            channel.truncate(size);
        }
    }

    @Test
    void twoDevicesOfAProcessDoNotShareAFile() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        try (var guest = new BlockGuest(Map.of("drive", file.toString()), ALL)) {
            refused("another device of this process", file);
            refused("another device of this process", file, "read-only", "on");
            Path link = Files.createSymbolicLink(directory.resolve("link"), file);
            refused("another device of this process", link);
            assertTrue(LockHolder.isLocked(file), "the refusals must not have given up the lock");
            assertEquals(OK, guest.write(0, new byte[512]));
        }
        bench(file).close();
    }

    @Test
    void devicesThatOnlyReadShareAFile() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        try (var first = bench(file, "read-only", "on")) {
            try (var second = bench(file, "read-only", "on")) {
                refused("another device of this process", file);
            }
            assertTrue(LockHolder.isLocked(file), "the first still reads it");
            refused("another device of this process", file);
        }
        assertFalse(LockHolder.isLocked(file));
        bench(file).close();
    }

    @Test
    void aDeviceSaysWhichFileItNeedsByItsRealName() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertEquals(List.of(new Resource("/virtio-blk@0", "drive", file.toRealPath().toUri(), true)), claims(link));
        assertEquals(List.of(new Resource("/virtio-blk@0", "drive", file.toRealPath().toUri(), false)),
            claims(file, "read-only", "on"));
        assertEquals(List.of(), claims(directory.resolve("nothing")), "attaching says better what is wrong");
    }

    private static List<Resource> claims(Path file, String... properties) {
        var values = new HashMap<>(Map.of("drive", file.toString()));
        for (int i = 0; i < properties.length; i += 2) {
            values.put(properties[i], properties[i + 1]);
        }
        var factory = new BlockDeviceFactory();
        try (var bench = new DeviceBench(factory, factory.model().abi(), values, new GuestClock(), 1 << 20)) {
            return bench.call(Device::claims).orElseThrow();
        }
    }

    @Test
    void aFileThatAnotherProcessUsesIsRefused() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        assertUsedElsewhere(file, false, "read-only", "off");
        assertUsedElsewhere(file, false, "read-only", "on");
        assertUsedElsewhere(file, true, "read-only", "off");
        try (var holder = new LockHolder(file, true)) {
            bench(file, "read-only", "on").close();
        }
        bench(file).close();
    }

    private static void assertUsedElsewhere(Path file, boolean shared, String... properties) throws Exception {
        try (var holder = new LockHolder(file, shared)) {
            refused("another process", file, properties);
        }
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        return process.waitFor() == 0 ? output : "";
    }

    /** What is mounted, in a volume, or partly so, has the mark that another opener with O_EXCL makes here. */
    @Test
    void aBlockDeviceThatTheHostUsesIsRefused() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        String loop = Files.isWritable(Path.of("/dev/loop-control")) ? output("losetup", "-f", "--show", file.toString()) : "";
        assumeTrue(!loop.isEmpty(), "only root can make loop devices");
        try {
            Path device = Path.of(loop);
            try (var host = Fallocate.open(device, Files.getAttribute(device, "unix:fileKey"), true)) {
                refused("is in use on this host", device);
                bench(device, "read-only", "on").close();
            }
            try (var guest = new BlockGuest(Map.of("drive", loop), ALL)) {
                assertTrue(Fallocate.isTaken(device), "the host must not use it now");
                assertEquals(OK, guest.write(0, new byte[512]));
            }
            assertFalse(Fallocate.isTaken(device));
        } finally {
            output("losetup", "-d", loop);
        }
    }

    @Test
    void aRefusedDeviceHoldsNothing() throws Exception {
        Path file = directory.resolve("odd");
        refused("whole blocks", Files.write(file, new byte[513]));
        truncate(file, 1024);
        bench(file).close();
    }

    /** Another JVM that holds a lock on a file until it is closed. */
    static final class LockHolder implements AutoCloseable {
        private final Process process;
        private final String answer;

        LockHolder(Path file, boolean shared) throws Exception {
            this(file, Boolean.toString(shared));
            assertEquals("locked", answer);
        }

        private LockHolder(Path file) throws Exception {
            this(file, "false");
        }

        private LockHolder(Path file, String shared) throws Exception {
            process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                Path.of(LockHolder.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString(),
                LockHolder.class.getName(), file.toString(), shared)
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            answer = process.inputReader().readLine();
        }

        /** Whether another process is kept from locking a file. */
        static boolean isLocked(Path file) throws Exception {
            try (var holder = new LockHolder(file)) {
                return holder.answer.equals("refused");
            }
        }

        public static void main(String[] arguments) throws Exception {
            boolean shared = Boolean.parseBoolean(arguments[1]);
            try (var channel = FileChannel.open(Path.of(arguments[0]),
                    shared ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
                var lock = channel.tryLock(0, Long.MAX_VALUE, shared);
                System.out.println(lock == null ? "refused" : "locked");
                System.in.read();
            }
        }

        @Override
        public void close() throws Exception {
            process.getOutputStream().close();
            process.waitFor();
        }
    }
}
