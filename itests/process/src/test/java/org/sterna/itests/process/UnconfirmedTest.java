package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The line breaks at COMMIT, so the source cannot know who has the guest: its operator decides, and the disk's lock. */
class UnconfirmedTest {
    @TempDir
    Path folder;
    private Sterna sterna;
    private Sterna.Background guest;
    private Sterna.Background receiver;

    @BeforeEach
    void start() throws Exception {
        sterna = new Sterna(folder);
        Path disk = folder.resolve("disk.img");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(4 << 20);
        }
        guest = sterna.guest("guest", "virt-1.0", "--device", "serial,backend=stdio", "--device", "virtio-blk,drive=" + disk);
        receiver = sterna.receiver("there");
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private void handOver(boolean commitArrives) throws Exception {
        Path line = folder.resolve("line");
        try (var cut = new CutLine(line, folder.resolve("there.in"), commitArrives)) {
            var migrate = sterna.run("migrate", sterna.control("guest"), "unix:" + line);
            assertEquals(1, migrate.code(), migrate.err());
            assertTrue(migrate.out().contains("which has not confirmed it"), migrate.out());
        }
        assertEquals("paused", sterna.qmp("guest", "query-status").at("/return/status").asText());
    }

    /** Memory and disk are whole; a clock that jumps may be that of a busy host. */
    private static void works(Sterna.Background where) throws InterruptedException {
        int reports = Sterna.text(where.out()).split("DRILL report").length;
        Sterna.await(where.out(), text -> text.split("DRILL report").length > reports + 2, where);
        String seen = Sterna.text(where.out());
        assertFalse(seen.contains("DRILL violation ram") || seen.contains("DRILL violation disk"), seen);
    }

    @Test
    void aGuestThatTheDestinationHasIsNotLetRunHereToo() throws Exception {
        handOver(true);
        works(receiver);
        String refused = sterna.qmp("guest", "cont").at("/error/desc").asText();
        assertTrue(refused.contains("disk.img is in use by another process"), refused);
        assertTrue(refused.contains("it runs there, so quit this machine"), refused);
        assertEquals("paused", sterna.qmp("guest", "query-status").at("/return/status").asText());
        var again = sterna.run("migrate", sterna.control("guest"), sterna.endpoint("there"));
        assertEquals(1, again.code());
        assertTrue(again.out().contains("the guest has been given away"), again.out());
        works(receiver);
    }

    @Test
    void aGuestThatTheDestinationHasNotGoesOnHereWhenTold() throws Exception {
        handOver(false);
        Sterna.await(receiver.err(), text -> text.contains("an attempt has failed"), receiver);
        assertTrue(sterna.qmp("guest", "cont").has("return"));
        works(guest);
        var again = sterna.run("migrate", sterna.control("guest"), sterna.endpoint("there"));
        assertEquals(0, again.code(), again.out() + again.err());
        works(receiver);
    }
}
