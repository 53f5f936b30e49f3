package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.MachineException;
import org.sterna.machine.device.Device;
import org.sterna.machine.time.GuestClock;
import org.sterna.testkit.DeviceBench;

/** By what a disk is known again after its guest was saved. */
class ContentsTest {
    @TempDir
    Path directory;

    private static ContentIdentity attached(DeviceBench bench) throws Exception {
        List<ContentIdentity> contents = bench.call(Device::contents).call();
        assertEquals(1, contents.size());
        assertEquals("drive", contents.getFirst().property());
        return contents.getFirst();
    }

    private static List<ContentIdentity> seen(Path file) throws Exception {
        var factory = new BlockDeviceFactory();
        try (var bench = new DeviceBench(factory, factory.model().abi(), Map.of("drive", file.toString()), new GuestClock(), 1 << 20)) {
            return bench.call(Device::contents).call();
        }
    }

    private static void same(ContentIdentity then, ContentIdentity now) {
        assertEquals(Optional.empty(), then.difference(now));
    }

    private static void differs(String how, ContentIdentity then, ContentIdentity now) {
        String difference = then.difference(now).orElseThrow();
        assertTrue(difference.contains(how), difference);
    }

    @Test
    void aDiskIsTheSameUntilItIsWritten() throws Exception {
        Path file = BlockGuest.disk(directory, 2048);
        try (var guest = new BlockGuest(Map.of("drive", file.toString()), ALL)) {
            ContentIdentity first = attached(guest.bench());
            assertEquals(1 << 20, first.size());
            assertEquals(64, first.digest().length());
            same(first, attached(guest.bench()));
            same(first, seen(file).getFirst());
            assertEquals(OK, guest.write(0, "changed".repeat(512).substring(0, 512).getBytes()));
            differs("another content", first, attached(guest.bench()));
            differs("was last written at", first, seen(file).getFirst());
        }
    }

    /** A guest that writes the same again, or where no sample is taken, has gone on all the same. */
    @Test
    void eachWriteChangesItHoweverSoonItComes() throws Exception {
        Path file = BlockGuest.disk(directory, 2048);
        try (var guest = new BlockGuest(Map.of("drive", file.toString()), ALL)) {
            for (int i = 0; i < 20; i++) {
                ContentIdentity before = attached(guest.bench());
                assertEquals(OK, guest.write(500, new byte[512]));
                differs("was last written at", before, attached(guest.bench()));
            }
        }
    }

    @Test
    void copiesThatKeepTheTimeAreTheSame() throws Exception {
        Path file = BlockGuest.disk(directory, 2048);
        Path copy = directory.resolve("copy");
        ContentIdentity then;
        try (var guest = new BlockGuest(Map.of("drive", file.toString()), ALL)) {
            then = attached(guest.bench());
        }
        Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
        same(then, seen(copy).getFirst());
        Files.setLastModifiedTime(copy, FileTime.from(then.modified().orElseThrow().getEpochSecond(), TimeUnit.SECONDS));
        same(then, seen(copy).getFirst());
        Files.setLastModifiedTime(copy, FileTime.fromMillis(0));
        differs("1970", then, seen(copy).getFirst());
        try (var guest = new BlockGuest(Map.of("drive", copy.toString()), ALL)) {
            differs("it may be a copy", then, attached(guest.bench()));
        }
        Files.write(copy, new byte[4096]);
        differs("has 4096 bytes instead of 1048576", then, seen(copy).getFirst());
    }

    @Test
    void whatWasWrittenIsOnTheDiskFirst() throws Exception {
        var disk = new RecordingDisk(8);
        try (var guest = new BlockGuest(disk.bench(Map.of("drive", "disk.raw")), ALL)) {
            assertEquals(OK, guest.write(3, new byte[512]));
            ContentIdentity identity = attached(guest.bench());
            assertEquals("force", disk.calls.getLast());
            assertEquals(Optional.empty(), identity.modified(), "there is no such file");
            disk.failFlush("Input/output error");
            var contents = guest.bench().call(Device::contents);
            assertThrows(java.io.IOException.class, contents::call);
            disk.failFlush(null);
            guest.bench().serialized(() -> assertThrows(MachineException.class, guest.bench().device()::contents,
                "something may be lost, and the guest does not know it yet"));
            assertEquals(BlockGuest.IO_ERROR, guest.flush());
            attached(guest.bench());
        }
    }

    @Test
    void whatIsNotThereIsNotKnown() throws Exception {
        assertEquals(List.of(), seen(directory.resolve("nothing")));
        assertEquals(List.of(), seen(Path.of("/dev/null")));
    }
}
