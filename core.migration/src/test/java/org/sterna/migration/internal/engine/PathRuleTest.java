package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PathRuleTest {
    @TempDir
    Path folder;
    private Path allowed;
    private Path outside;
    private PathRule rule;

    @BeforeEach
    void prepare() throws IOException {
        allowed = Files.createDirectory(folder.resolve("allowed"));
        outside = Files.createDirectory(folder.resolve("outside"));
        rule = PathRule.in(List.of(allowed));
    }

    private boolean allows(Path path) {
        return rule.objection(path.toString()).isEmpty();
    }

    @Test
    void whatIsInTheFolderIsAllowedWhetherItExistsOrNot() throws IOException {
        assertTrue(allows(Files.createFile(allowed.resolve("disk"))));
        assertTrue(allows(allowed.resolve("new")));
        assertTrue(allows(allowed.resolve("no/folder/yet")));
        assertTrue(allows(allowed));
    }

    @Test
    void whatIsElsewhereIsNotAndIsNamed() throws IOException {
        assertFalse(allows(Files.createFile(outside.resolve("disk"))));
        assertFalse(allows(folder.resolve("allowed-too")), "a name that only begins like the folder's");
        assertFalse(allows(Path.of("relative")), "it is relative to the working folder, which is not allowed");
        assertEquals("names the file '/etc/passwd', which is not in the folders that this receiver allows: " + allowed,
            rule.objection("/etc/passwd").orElseThrow());
        assertFalse(rule.objection("a\0b").isEmpty());
    }

    @Test
    void noWayLeadsOut() throws IOException {
        Path secret = Files.createFile(outside.resolve("secret"));
        assertFalse(allows(allowed.resolve("../outside/secret")));
        assertFalse(allows(allowed.resolve("x/../disk")), "what is before .. may be a link by the time that it is opened");
        Files.createDirectory(allowed.resolve("folder"));
        assertTrue(allows(allowed.resolve("folder/../disk")));
        assertFalse(allows(allowed.resolve("folder/../../outside/new")));
        assertFalse(allows(allowed.resolve("none/../../outside/new")));
        assertFalse(allows(Files.createSymbolicLink(allowed.resolve("link"), secret)));
        assertFalse(allows(Files.createSymbolicLink(allowed.resolve("dangling"), outside.resolve("created"))));
        Files.createSymbolicLink(allowed.resolve("way"), outside);
        assertFalse(allows(allowed.resolve("way/secret")));
        assertFalse(allows(allowed.resolve("way/new")));
        assertFalse(allows(allowed.resolve("way/../outside/new")), "it is beside where the link leads");
    }

    @Test
    void aLinkWithinAndALinkToTheFolderAreAllowed() throws IOException {
        Path disk = Files.createFile(allowed.resolve("disk"));
        assertTrue(allows(Files.createSymbolicLink(outside.resolve("link"), disk)), "where it leads is what counts");
        rule = PathRule.in(List.of(Files.createSymbolicLink(folder.resolve("alias"), allowed)));
        assertTrue(allows(disk));
        assertTrue(allows(folder.resolve("alias/disk")));
    }

    @Test
    void onlyAddressesThatThisHostAloneReachesAreAllowed() {
        for (String loopback : List.of("localhost:1", "127.0.0.1:4444", "127.1.2.3:9", "[::1]:4444", "")) {
            assertEquals(Optional.empty(), rule.objectionToAddress(loopback));
        }
        for (String other : List.of("0.0.0.0:22", "[::]:22", ":22", "192.168.1.1:80", "localhost.example.com:1", "127.0.0.1.example.com:1",
                "127.0.0.1", "nonsense")) {
            assertEquals("listens on '" + other + "', and this receiver opens only loopback addresses that a source names",
                rule.objectionToAddress(other).orElseThrow());
        }
        assertEquals(Optional.empty(), PathRule.ANY.objectionToAddress("0.0.0.0:22"));
    }

    @Test
    void withoutFoldersNothingIsAllowedAndWithoutARuleEverythingIs() throws IOException {
        Path disk = Files.createFile(allowed.resolve("disk"));
        rule = PathRule.in(List.of());
        assertEquals("names the file '" + disk + "', and this receiver takes no files that a source names",
            rule.objection(disk.toString()).orElseThrow());
        rule = PathRule.ANY;
        assertTrue(allows(disk) && allows(Path.of("/etc/passwd")));
        rule = PathRule.in(List.of(folder.resolve("none"), allowed));
        assertTrue(allows(disk), "a folder that is not there allows nothing, and forbids nothing");
    }
}
