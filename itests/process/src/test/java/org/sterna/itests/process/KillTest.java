package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Either side is killed while pages are on their way: the other one stays as it should. */
class KillTest {
    @TempDir
    Path folder;
    private Sterna sterna;
    private Sterna.Background guest;
    private Sterna.Background receiver;
    private Sterna.Background migrate;

    @BeforeEach
    void startASlowMigration() throws Exception {
        sterna = new Sterna(folder);
        guest = sterna.guest("guest", "virt-1.0", "--device", "serial,backend=stdio");
        receiver = sterna.receiver("there");
        // At a megabyte per second the working set of 8 MiB takes its time.
        migrate = sterna.start("migrate", sterna.control("guest"), sterna.endpoint("there"), "--bandwidth", "1000000");
        sterna.awaitPrecopy("guest");
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    private static void kill(Sterna.Background victim) throws InterruptedException {
        victim.process().descendants().forEach(ProcessHandle::destroyForcibly);
        victim.process().destroyForcibly().waitFor();
    }

    @Test
    void theGuestRunsOnWhenItsDestinationIsKilled() throws Exception {
        kill(receiver);
        assertTrue(migrate.process().waitFor(30, TimeUnit.SECONDS));
        assertNotEquals(0, migrate.process().exitValue());
        String seen = Sterna.text(guest.out());
        int reports = seen.split("DRILL report").length;
        Sterna.await(guest.out(), text -> text.split("DRILL report").length > reports + 2, guest);
        assertTrue(Sterna.text(guest.out()).contains("violations=0"));
        assertTrue(!Sterna.text(guest.out()).contains("DRILL violation"), Sterna.text(guest.out()));
    }

    @Test
    void theReceiverWaitsAgainWhenItsSourceIsKilled() throws Exception {
        kill(guest);
        assertTrue(migrate.process().waitFor(30, TimeUnit.SECONDS));
        var next = sterna.guest("next", "virt-1.0", "--device", "serial,backend=stdio");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        Sterna.Result moved;
        do {
            moved = sterna.run("migrate", sterna.control("next"), sterna.endpoint("there"));
        } while (moved.code() != 0 && System.nanoTime() < deadline);
        assertEquals(0, moved.code(), moved.err() + receiver.errText());
        assertTrue(next.process().waitFor(30, TimeUnit.SECONDS));
        Sterna.await(receiver.out(), text -> text.contains("DRILL report"), receiver);
    }
}
