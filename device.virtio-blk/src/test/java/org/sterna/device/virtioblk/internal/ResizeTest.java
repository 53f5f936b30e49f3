package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.device.virtioblk.internal.BlockGuest.ALL;
import static org.sterna.device.virtioblk.internal.BlockGuest.IO_ERROR;
import static org.sterna.device.virtioblk.internal.BlockGuest.OK;

import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;
import org.sterna.testkit.VirtioDriver;

/** A capacity changes when the operator says so, and at no other time. */
class ResizeTest {
    private static final int CONFIGURATION_CHANGE = 2;

    @TempDir
    Path directory;

    private Path enlarge(int sectors) throws Exception {
        Path file = directory.resolve("disk.raw");
        try (var content = new RandomAccessFile(file.toFile(), "rw")) {
            content.setLength(512L * sectors);
        }
        return file;
    }

    private static long sectors(BlockGuest guest) {
        return guest.bench().read(0x100, 4);
    }

    private static int read(BlockGuest guest, long sector) {
        guest.add(BlockRequest.IN, sector, new byte[0], 512);
        guest.driver.write(VirtioDriver.QUEUE_NOTIFY, 0);
        return guest.await().status();
    }

    @Test
    void theDriverIsToldAndCanUseWhatIsNew() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        try (var guest = new BlockGuest(Map.of("drive", file.toString()), ALL)) {
            enlarge(16);
            assertEquals(8, sectors(guest));
            assertEquals(IO_ERROR, read(guest, 8));
            guest.bench().change("capacity", "8K");
            assertEquals(16, sectors(guest));
            assertEquals(CONFIGURATION_CHANGE, guest.driver.read(VirtioDriver.INTERRUPT_STATUS) & CONFIGURATION_CHANGE);
            assertTrue(guest.bench().interruptLevel());
            assertEquals(OK, read(guest, 15));
            assertEquals(new Setting(8192L, Provenance.USER), guest.bench().abi().settings().get("capacity"));
            guest.migrate(new BlockDeviceFactory(), Map.of("drive", file.toString()));
            assertEquals(16, sectors(guest));
            assertEquals(new Setting(8192L, Provenance.USER), guest.bench().abi().settings().get("capacity"));
        }
    }

    @Test
    void aCapacityThatTheFileDoesNotHaveIsRefused() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        try (var guest = new BlockGuest(Map.of("drive", file.toString(), "block-size", "1K"), ALL)) {
            var refusal = assertThrows(MachineException.class, () -> guest.bench().change("capacity", "8K"));
            assertTrue(refusal.getMessage().contains("has only 4096 bytes (enlarge the file first)"), refusal.getMessage());
            enlarge(16);
            refusal = assertThrows(MachineException.class, () -> guest.bench().change("capacity", "4608"));
            assertTrue(refusal.getMessage().contains("not a number of whole blocks of 1024"), refusal.getMessage());
            assertEquals(8, sectors(guest));
            assertEquals(new Setting(4096L, Provenance.HOST), guest.bench().abi().settings().get("capacity"));
        }
    }

    @Test
    void aBiggerFileElsewhereChangesNothing() throws Exception {
        Path file = BlockGuest.disk(directory, 8);
        try (var guest = new BlockGuest(Map.of("drive", file.toString()), ALL)) {
            enlarge(64);
            guest.migrate(new BlockDeviceFactory(), Map.of("drive", file.toString()));
            assertEquals(8, sectors(guest));
            assertEquals(IO_ERROR, read(guest, 8));
            assertEquals(new Setting(4096L, Provenance.HOST), guest.bench().abi().settings().get("capacity"));
        }
    }
}
