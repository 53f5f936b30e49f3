package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Reason;
import org.sterna.migration.internal.negotiation.Manifest;

/** Devices of older bundles do not say what content they have: what the host notes of the file is compared then. */
class ChangedContentsTest {
    private static final Instant SAVED = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path folder;
    private Path disk;
    private Manifest manifest;

    @BeforeEach
    void aDiskThatWasSaved() throws Exception {
        disk = Files.write(folder.resolve("disk"), new byte[100]);
        Files.setLastModifiedTime(disk, FileTime.from(SAVED));
        try (var hosts = new TwoHosts()) {
            manifest = Declaration.of(hosts.source(), Set.of())
                .withContents(Map.of("/disk@0", List.of(new ContentIdentity("drive", 100, Optional.of(SAVED), "count", "00"))));
        }
    }

    private List<Reason> reasons(String... accepted) {
        return new ChangedContents(Set.of(accepted)).reasons(manifest, Map.of(), Map.of("/disk@0", Map.of("drive", disk.toString())));
    }

    @Test
    void aFileAsItWasIsTaken() {
        assertEquals(List.of(), reasons());
    }

    @Test
    void aFileThatWasWrittenSinceIsNot() throws IOException {
        Files.setLastModifiedTime(disk, FileTime.from(SAVED.plusSeconds(7)));
        assertEquals(1, reasons().size());
        assertTrue(reasons().getFirst().cause().contains("was last written at 2026-01-01T00:00:07Z instead of"), reasons().toString());
        assertEquals(List.of(), reasons("/disk@0.drive"));
    }

    @Test
    void aFileOfAnotherSizeIsNot() throws IOException {
        Files.write(disk, new byte[101]);
        assertTrue(reasons().getFirst().cause().contains("has 101 bytes instead of 100"), reasons().toString());
    }
}
