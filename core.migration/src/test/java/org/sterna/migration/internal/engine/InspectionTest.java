package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.MachineException;
import org.sterna.migration.Inspection;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Verdict;

/** Conversations that were recorded, each side for itself. */
class InspectionTest {
    private static final int PREAMBLE = 64;
    private static final int HEADER = 16;
    /** Of a guest with 8 MiB. */
    private static final int PAGES = 2048;

    @TempDir
    Path folder;
    private TwoHosts hosts;
    private byte[] source;
    private byte[] destination;

    @BeforeEach
    void open() {
        hosts = new TwoHosts();
    }

    @AfterEach
    void close() {
        hosts.close();
    }

    private void recordAMigration() throws Exception {
        try (var receiver = hosts.receive(TwoHosts.ANY_PORT); var proxy = new CuttingProxy(receiver.endpoint(), null)) {
            var migration = hosts.newMigrations.migrate(hosts.source(), proxy.endpoint(), MigrationOptions.DEFAULT);
            assertEquals(Phase.COMPLETED, TwoHosts.end(migration).phase());
            source = proxy.recorded();
            destination = proxy.answered();
        }
    }

    private Inspection inspect(byte[] stream) throws IOException {
        return hosts.newMigrations.inspect(Files.write(folder.resolve("stream"), stream));
    }

    @Test
    void whatASourceSentIsDecodedFieldByField() throws Exception {
        recordAMigration();
        Inspection found = inspect(source);
        assertEquals("socket source true ", found.medium() + " " + found.role() + " " + found.whole() + " " + found.cut());
        assertEquals("guest", found.name());
        assertTrue(found.sections().stream().allMatch(section -> section.fields() != null && !section.fields().isEmpty()));
        assertTrue(found.dataPages() + found.zeroPages() >= PAGES, "each page at least once");
        assertNull(found.verdict());
        assertEquals(Optional.of(true), found.ran());
    }

    @Test
    void whatADestinationAnsweredIsDecodedToo() throws Exception {
        recordAMigration();
        Inspection found = inspect(destination);
        assertEquals("socket destination true", found.medium() + " " + found.role() + " " + found.whole());
        assertEquals(Verdict.Outcome.OK_IF, found.verdict().outcome());
        assertNull(found.abi());
        assertEquals(1, found.frames().get("LOADED").number());
        assertFalse(inspect(Arrays.copyOf(destination, destination.length - HEADER)).whole());
    }

    @Test
    void aStreamThatIsCutShowsWhatThereIsAndWhereItEnds() throws Exception {
        recordAMigration();
        boolean manifest = false;
        boolean finished = false;
        boolean committed = false;
        for (int at = PREAMBLE; at < source.length; ) {
            int length = HEADER + ByteBuffer.wrap(source).getInt(at + 4);
            Inspection between = inspect(Arrays.copyOf(source, at));
            assertEquals(committed, between.whole(), "only signs of life come behind COMMIT");
            assertEquals("", between.cut());
            assertEquals(manifest, between.abi() != null);
            assertEquals(finished ? Optional.of(true) : Optional.empty(), between.ran(),
                "only FINISH says whether the guest ran");
            assertEquals("in the header of a frame at byte " + at, inspect(Arrays.copyOf(source, at + 1)).cut());
            Inspection within = inspect(Arrays.copyOf(source, at + length - 1));
            assertTrue(within.cut().endsWith((length == HEADER ? "header of a frame" : "") + " at byte " + at), within.cut());
            assertEquals(between.frames(), within.frames());
            manifest |= ByteBuffer.wrap(source).getShort(at) == 2;
            finished |= ByteBuffer.wrap(source).getShort(at) == 10;
            committed |= ByteBuffer.wrap(source).getShort(at) == 12;
            at += length;
        }
        assertThrows(MachineException.class, () -> inspect(Arrays.copyOf(source, PREAMBLE - 1)));
    }

    @Test
    void aFlippedBitIsNoEnd() throws Exception {
        recordAMigration();
        byte[] flipped = source.clone();
        flipped[source.length / 2] ^= 4;
        assertTrue(assertThrows(MachineException.class, () -> inspect(flipped)).getMessage().contains("is damaged at byte"));
    }

    /** Nobody answers to BYE, whose payload is an empty map of one byte. */
    private static boolean endsWithBye(byte[] stream) {
        return ByteBuffer.wrap(stream).getShort(stream.length - HEADER - 1) == 15;
    }

    @Test
    void aQuestionAloneIsWhole() throws Exception {
        FakeMachine machine = hosts.source();
        try (var receiver = hosts.receive(TwoHosts.ANY_PORT); var proxy = new CuttingProxy(receiver.endpoint(), null)) {
            hosts.newMigrations.check(machine, proxy.endpoint(), MigrationOptions.DEFAULT);
            hosts.await(() -> endsWithBye(proxy.recorded()));
            Inspection asked = inspect(proxy.recorded());
            assertTrue(asked.whole());
            assertNotNull(asked.abi());
            assertTrue(asked.sections().stream().allMatch(section -> section.fields() == null), "no state was sent");
        }
    }
}
