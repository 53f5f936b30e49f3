package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.machine.lease.Claim;
import org.sterna.machine.lease.Lease;
import org.sterna.machine.lease.Resource;

/** The leases of hosts without a cluster: one writer of a file, or any number of readers, and a refusal says who it is. */
class FileLeasesTest {
    @TempDir
    Path folder;
    private Path disk;

    @BeforeEach
    void makeDisk() throws Exception {
        disk = Files.write(folder.resolve("disk.img"), new byte[4096]);
    }

    private static Resource resource(Path path, boolean exclusive) {
        return new Resource("/disk@0", "drive", path.toUri(), exclusive);
    }

    /** Each keeper stands for the machine service of another framework, or of this one started anew. */
    private static Lease acquire(String machine, Resource... resources) {
        return new FileLeases().acquire(new Claim(machine, Arrays.asList(resources)), cause -> { });
    }

    private static void refused(String by, Resource... resources) {
        var refusal = assertThrows(MachineException.class, () -> acquire("second", resources));
        assertTrue(refusal.getMessage().startsWith("/disk@0.drive: "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(" is in use by " + by), refusal.getMessage());
    }

    private Path leaseFile() {
        return folder.resolve("disk.img.lease");
    }

    @Test
    void aSecondWriterIsToldWhoTheFirstIs() throws Exception {
        Lease lease = acquire("first", resource(disk, true));
        List<String> text = Files.readAllLines(leaseFile());
        assertTrue(String.join(" ", text).contains("does no harm"), "whoever finds it is told what it is");
        String holder = text.getFirst();
        assertTrue(holder.matches("machine first \\(/disk@0\\) of process " + ProcessHandle.current().pid()
            + " on host \\S+ since 20\\S+Z"), holder);
        refused(holder, resource(disk, true));
        refused(holder, resource(disk, false));
        lease.release();
        assertFalse(Files.exists(leaseFile()), "nobody holds it");
        acquire("second", resource(disk, true)).release();
    }

    @Test
    void everyPathThatLeadsToAFileIsTheSame() throws Exception {
        Lease lease = acquire("first", resource(disk, true));
        refused("machine first", resource(Files.createSymbolicLink(folder.resolve("symbolic"), disk), true));
        refused("machine first", resource(Files.createLink(folder.resolve("hard"), disk), true));
        refused("machine first", resource(folder.resolve("../" + folder.getFileName() + "/disk.img"), true));
        lease.release();
    }

    @Test
    void aFileInThePlaceOfOneInUseHasToWait() throws Exception {
        Lease lease = acquire("first", resource(disk, true));
        Files.move(disk, folder.resolve("moved"));
        Files.write(disk, new byte[4096]);
        refused("machine first", resource(disk, true));
        refused("machine first", resource(folder.resolve("moved"), true));
        lease.release();
        acquire("second", resource(disk, true)).release();
    }

    @Test
    void readersShare() {
        Lease first = acquire("first", resource(disk, false));
        Lease third = acquire("third", resource(disk, false));
        assertFalse(Files.exists(leaseFile()), "reading leaves no trace");
        refused("machine first", resource(disk, true));
        first.release();
        refused("machine third", resource(disk, true));
        third.release();
        acquire("second", resource(disk, true)).release();
    }

    @Test
    void allOrNothing() throws Exception {
        Path other = Files.write(folder.resolve("other.img"), new byte[4096]);
        Lease lease = acquire("first", resource(other, true));
        refused("machine first", resource(disk, true), resource(other, true));
        Lease more = acquire("third", resource(disk, true));
        assertEquals(2, assertThrows(MachineException.class, () -> acquire("second", resource(disk, true), resource(other, true)))
            .reasons().size(), "every reason at once");
        more.release();
        acquire("third", resource(disk, true)).release();
        lease.release();
        refused("machine second", resource(disk, true), resource(disk, true));
        acquire("third", resource(disk, true)).release();
    }

    @Test
    void anotherProcessIsToldWhoAndAStaleFileIsNoObstacle() throws Exception {
        var holder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
            System.getProperty("java.class.path"), Holder.class.getName(), disk.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        assertEquals("held", holder.inputReader().readLine());
        refused("machine elsewhere (/disk@0) of process " + holder.pid() + " on host ", resource(disk, true));
        assertFalse(assertThrows(MachineException.class, () -> acquire("second", resource(disk, true))).getMessage()
            .contains("does no harm"), "the file does, at the moment");
        holder.destroyForcibly().waitFor();
        assertTrue(Files.readString(leaseFile()).contains("process " + holder.pid()), "it had no time to clear it");
        Lease lease = acquire("first", resource(disk, true));
        assertTrue(Files.readString(leaseFile()).startsWith("machine first"), "the rest of the old text is gone");
        lease.release();
        assertFalse(Files.exists(leaseFile()), "it is cleared up after the other one too");
    }

    /** Another process that holds a lease until it is killed. */
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            acquire("elsewhere", resource(Path.of(arguments[0]), true));
            System.out.println("held");
            System.in.read();
        }
    }

    /** A folder where no file can be made, for root too: its place is taken by a folder. */
    @Test
    void withoutALeaseFileTheTableStillDecidesHere() throws Exception {
        Files.createDirectory(leaseFile());
        Lease lease = acquire("first", resource(disk, true));
        refused("machine first", resource(disk, true));
        lease.release();
        acquire("second", resource(disk, true)).release();
    }

    @Test
    void theLeaseFileIsNotASymbolicLinkToSomethingElse() throws Exception {
        Path precious = Files.writeString(folder.resolve("precious"), "text");
        Files.createSymbolicLink(leaseFile(), precious);
        acquire("first", resource(disk, true)).release();
        assertEquals("text", Files.readString(precious));
    }

    @Test
    void aFileOfTheSameNameThatIsNoLeaseIsNeitherWrittenNorDeleted() throws Exception {
        Files.writeString(leaseFile(), "the terms of my flat");
        Lease lease = acquire("first", resource(disk, true));
        refused("machine first", resource(disk, true));
        lease.release();
        assertEquals("the terms of my flat", Files.readString(leaseFile()));
    }

    @Test
    void whatIsNoFileOrNotThereIsNotItsBusiness() {
        var port = new Resource("/line@0", "address", URI.create("tcp://127.0.0.1:7000"), true);
        Lease lease = acquire("first", port, resource(folder.resolve("nothing"), true));
        acquire("second", port, resource(folder.resolve("nothing"), true)).release();
        lease.release();
    }

    /** A bundle that is older than the question what it needs. */
    @Test
    void forADeviceThatDoesNotSayItsFilesAreClaimed() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), disk);
        Map<String, Object> host = Map.of("drive", link.toString(), "backend", "stdio", "bundle", disk.toString(), "folder",
            folder.toString(), "number", 7L, "null", "/dev/null", "odd", "\0");
        assertEquals(List.of(new Resource("/old@0", "drive", disk.toRealPath().toUri(), true)), Claims.guessed("/old@0", host));
    }

    /** Who opens the file before it is deleted must not believe that it has the lock. */
    @Test
    void whoeverIsLateLocksTheFileThatOthersFind() throws Exception {
        var users = new AtomicInteger();
        var most = new AtomicInteger();
        var failure = new AtomicReference<Throwable>();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 4; i++) {
            // Not by the table of the process, which would let only one of them come so far.
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int done = 0; done < 300;) {
                        try (LeaseFile lease = LeaseFile.take(disk.toRealPath(), "somebody")) {
                            most.accumulateAndGet(users.incrementAndGet(), Math::max);
                            assertTrue(Files.exists(leaseFile()));
                            users.decrementAndGet();
                            done++;
                        } catch (LeaseFile.HeldException e) {
                            Thread.onSpinWait();
                        }
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertNull(failure.get(), () -> String.valueOf(failure.get()));
        assertEquals(1, most.get());
        assertFalse(Files.exists(leaseFile()));
    }

    @Test
    void aLeaseThatWasMovedAwayWithItsDiskIsNotDeletedElsewhere() throws Exception {
        Lease lease = acquire("first", resource(disk, true));
        Files.move(leaseFile(), folder.resolve("moved"));
        Files.writeString(leaseFile(), "of somebody else");
        lease.release();
        assertEquals("of somebody else", Files.readString(leaseFile()));
    }

    private static void makePipe(Path path) throws Exception {
        assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
    }

    /** What is read of the host for one disk does not answer: other disks do not wait for it. */
    @Test
    void aDiskThatHangsKeepsNobodyFromAnother() throws Exception {
        Path loop = Files.createDirectories(folder.resolve("sys/block/loop0/loop"));
        makePipe(loop.resolve("backing_file"));
        var hanging = new FutureTask<>(() -> new FileLeases(new HostStorage(folder.resolve("sys")))
            .acquire(new Claim("first", List.of(resource(disk, true))), cause -> { }));
        Thread.ofPlatform().daemon().start(hanging);
        while (!Files.exists(leaseFile())) {
            assertFalse(hanging.isDone());
            Thread.onSpinWait();
        }
        Path other = Files.write(folder.resolve("other.img"), new byte[4096]);
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            acquire("second", resource(other, true)).release();
            refused("machine first", resource(disk, true));
        });
        Files.writeString(loop.resolve("backing_file"), "/nowhere");
        hanging.get(10, TimeUnit.SECONDS).release();
        acquire("second", resource(disk, true)).release();
    }

    @Test
    void aPipeInThePlaceOfTheLeaseFileHoldsNobodyUp() throws Exception {
        makePipe(leaseFile());
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> acquire("first", resource(disk, true)).release());
    }
}
