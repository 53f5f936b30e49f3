package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.itests.process.FaultyLine.Fault;
import org.sterna.itests.process.FaultyLine.Frame;

/** Something happens to the line in the hand-over: who has the guest is decided by the operator, and by the lease on its disk. */
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
        var environment = Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
        guest = sterna.guestIn(environment, "guest", "virt-1.0", "--device", "serial,backend=stdio",
            "--device", "virtio-blk,drive=" + disk);
        receiver = sterna.receiver("there");
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private Sterna.Result migrate(Frame frame, Fault fault) throws Exception {
        Path path = folder.resolve("line-" + frame);
        try (var line = new FaultyLine(path, folder.resolve("there.in"), frame, fault)) {
            return sterna.run("migrate", sterna.control("guest"), "unix:" + path);
        }
    }

    /** What the destination says after a frame may be faster than the cut behind that. */
    private void handOver(Frame frame, Fault fault) throws Exception {
        var migrate = migrate(frame, fault);
        assertEquals(1, migrate.code(), migrate.err());
        assertTrue(migrate.out().contains("which has not confirmed it")
            || fault == Fault.CUT_AFTER && migrate.out().contains("which has taken it over but has not said that it runs"), migrate.out());
        assertTrue(migrate.out().contains("it must not run here unless it is certain that it has not run there"), migrate.out());
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
        handOver(Frame.COMMIT, Fault.CUT_AFTER);
        works(receiver);
        String refused = sterna.qmp("guest", "cont").at("/error/desc").asText();
        assertTrue(refused.contains("resume it here by force: a guest that runs twice damages its disks"), refused);
        var forced = sterna.run("resume", sterna.control("guest"), "--force");
        assertEquals(1, forced.code(), forced.out());
        assertTrue(forced.err().contains("disk.img is in use by machine there (/virtio-blk@0) of process "), forced.err());
        assertEquals("paused", sterna.qmp("guest", "query-status").at("/return/status").asText());
        var again = sterna.run("migrate", sterna.control("guest"), sterna.endpoint("there"));
        assertEquals(1, again.code());
        assertTrue(again.out().contains("the guest has been given away"), again.out());
        works(receiver);
        // The destination ends, and the guest with it. It has run there, so what is known of its disk here is old.
        receiver.process().destroyForcibly().waitFor();
        forced = sterna.run("resume", sterna.control("guest"), "--force");
        assertEquals(1, forced.code(), forced.out());
        assertTrue(forced.err().contains("/virtio-blk@0.drive: it is not as it was when the guest was handed over"), forced.err());
        assertEquals("paused", sterna.qmp("guest", "query-status").at("/return/status").asText());
    }

    @Test
    void aDamagedAnswerLeavesTheGuestHereAndADoubledCommitGivesItToTheDestinationOnce() throws Exception {
        var damaged = migrate(Frame.LOADED, Fault.DAMAGED);
        assertEquals(1, damaged.code(), damaged.out() + damaged.err());
        works(guest);
        var doubled = migrate(Frame.COMMIT, Fault.DUPLICATED);
        // The first one counts, and the second one is a broken line (specification, section 7.3): "COMMIT arrived, TAKEN lost".
        assertEquals(1, doubled.code(), doubled.out() + doubled.err());
        works(receiver);
        assertTrue(sterna.qmp("guest", "cont").has("error"), "it runs there");
    }

    /** Tells the source to end, which keeps its guest in a file. */
    private Path kept() throws InterruptedException {
        guest.process().destroy();
        assertTrue(guest.process().waitFor(60, TimeUnit.SECONDS), guest.errText());
        assertEquals(143, guest.process().exitValue(), guest.errText());
        Path file = folder.resolve("state/sterna/guests/guest.unconfirmed.sterna");
        assertTrue(guest.errText().contains("sterna: the guest of machine guest is kept in " + file
            + ": handed over to unix:"), guest.errText());
        assertTrue(Files.isRegularFile(file), guest.errText());
        return file;
    }

    private String[] restore(Path file) {
        return new String[] {"restore", file.toString(), "--name", "back", "--control", sterna.control("back")};
    }

    @Test
    void aSourceThatIsToldToEndKeepsAGuestThatTheDestinationHasNot() throws Exception {
        handOver(Frame.COMMIT, Fault.CUT_BEFORE);
        Path file = kept();
        Sterna.Background back = sterna.start(restore(file));
        works(back);
        var again = sterna.run("migrate", sterna.control("back"), sterna.endpoint("there"));
        assertEquals(0, again.code(), again.out() + again.err());
        works(receiver);
    }

    @Test
    void aGuestThatIsKeptAndRunsAtTheDestinationDoesNotGoOnHereToo() throws Exception {
        handOver(Frame.COMMIT, Fault.CUT_AFTER);
        works(receiver);
        Path file = kept();
        var refused = sterna.run(restore(file));
        assertEquals(1, refused.code(), refused.out());
        assertTrue(refused.err().contains("disk.img is not as it was when the guest was saved"), refused.err());
        works(receiver);
    }

    @Test
    void aGuestThatTheDestinationHasNotGoesOnHereWhenTold() throws Exception {
        handOver(Frame.COMMIT, Fault.CUT_BEFORE);
        Sterna.await(receiver.err(), text -> text.contains("an attempt has failed"), receiver);
        assertTrue(sterna.qmp("guest", "cont").has("error"), "it may run there");
        var forced = sterna.run("resume", sterna.control("guest"), "--force");
        assertEquals(0, forced.code(), forced.err());
        works(guest);
        var again = sterna.run("migrate", sterna.control("guest"), sterna.endpoint("there"));
        assertEquals(0, again.code(), again.out() + again.err());
        works(receiver);
    }
}
