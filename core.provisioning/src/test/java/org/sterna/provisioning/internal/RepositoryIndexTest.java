package org.sterna.provisioning.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.resource.Resource;
import org.sterna.machine.MachineException;
import org.sterna.provisioning.internal.download.Deadline;
import org.sterna.provisioning.internal.download.Download;

/** Indexes, made to be read and made to do harm. */
class RepositoryIndexTest {
    private static final String HEAD = "<?xml version='1.0' encoding='UTF-8'?>";
    private static final String REPOSITORY = "<repository increment='1' name='r'"
        + " xmlns='http://www.osgi.org/xmlns/repository/v1.0.0'>";
    private static final String END = "</repository>";
    private static final String RESOURCE = "<resource><capability namespace='osgi.identity'><attribute"
        + " name='osgi.identity' value='%s'/>"
        + "<attribute name='type' value='osgi.bundle'/><attribute name='version' type='Version'"
        + " value='%s'/></capability>"
        + "<capability namespace='osgi.content'><attribute name='osgi.content' value='%s'/>"
        + "<attribute name='url' value='%s'/></capability></resource>";

    @TempDir
    Path folder;

    private static String bundle(String name, String version, String url) {
        return RESOURCE.formatted(name, version, "0".repeat(64), url);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (OutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        }
        return out.toByteArray();
    }

    private List<String> read(byte[] index) throws IOException {
        Path file = Files.write(folder.resolve("index.xml"), index);
        try (var download = new Download(Deadline.in(Duration.ofMinutes(1)))) {
            return Catalog.of(download, List.of(file.toString())).resources().stream().map(Catalog::describe).sorted()
                .toList();
        }
    }

    private List<String> read(String index) throws IOException {
        return read(index.getBytes());
    }

    private void assertRefused(byte[] index, String why) {
        var refusal = assertThrows(MachineException.class, () -> read(index));
        assertTrue(refusal.getMessage().contains(why), refusal.getMessage());
    }

    @Test
    void plainOrCompressed() throws Exception {
        String index = HEAD + REPOSITORY + bundle("a", "1.0.0", "a.jar") + END;
        assertEquals(List.of("a 1.0.0"), read(index));
        assertEquals(List.of("a 1.0.0"), read(gzip(index.getBytes())));
        try (var download = new Download(Deadline.in(Duration.ofMinutes(1)))) {
            Resource resource = Catalog.of(download, List.of(folder.resolve("index.xml").toString())).resources()
                .getFirst();
            assertEquals(folder.resolve("a.jar").toUri(), Catalog.location(resource));
        }
    }

    @Test
    void aBombIsRefused() throws Exception {
        byte[] spaces = new byte[20 << 20];
        java.util.Arrays.fill(spaces, (byte) ' ');
        byte[] bomb = gzip(spaces);
        assertTrue(bomb.length < 1 << 20);
        assertRefused(bomb, "longer than 16777216 bytes when it is decompressed");
        assertRefused(gzip(bomb), "this is no index");
        assertRefused(spaces, "it is longer than 16777216 bytes");
    }

    @Test
    void moreThanFitsIntoMemoryIsRefused() {
        assertRefused((HEAD + REPOSITORY + "<resource/>".repeat(100_001) + END).getBytes(),
            "it has more than 100000 elements");
    }

    @Test
    void entitiesAreNot() throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "secret");
        String outside = "<!DOCTYPE r [<!ENTITY e SYSTEM '" + secret.toUri() + "'>]>";
        String growing = "<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'><!ENTITY e '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>";
        for (String type : List.of(outside, growing)) {
            var refusal = assertThrows(MachineException.class,
                () -> read(HEAD + type + REPOSITORY + bundle("a", "1.0.0", "&e;") + END));
            assertFalse(refusal.getMessage().contains("secret") && !refusal.getMessage().contains(folder.toString()),
                refusal.getMessage());
        }
    }

    @Test
    void whatCouldBeNoBundleIsLeftOut() throws Exception {
        assertEquals(List.of("a 1.0.0"),
            read(HEAD + REPOSITORY + bundle("a", "1.0.0", "a.jar") + bundle("b c", "1.0.0", "b.jar")
            + bundle("x".repeat(5_000), "1.0.0", "c.jar") + bundle("d", "1.0.0." + "x".repeat(5_000), "d.jar") + END));
    }

    @Test
    void anotherIndexIsNotFollowed() throws Exception {
        Path other = Files.writeString(folder.resolve("other.xml"), HEAD + REPOSITORY + bundle("a", "1.0.0", "a.jar")
            + END);
        try {
            assertEquals(List.of(),
                read(HEAD + REPOSITORY + "<referral depth='3' url='" + other.toUri() + "'/>" + END));
        } catch (MachineException e) {
            assertTrue(e.getMessage().contains("this is no index"), e.getMessage());
        }
    }

    @Test
    void nothingButRegularFilesInAFolder() throws Exception {
        assertEquals(0, new ProcessBuilder("mkfifo", folder.resolve("a.jar").toString()).start().waitFor());
        try (var download = new Download(Deadline.in(Duration.ofMinutes(1)))) {
            var refusal = assertThrows(MachineException.class, () -> Catalog.of(download, List.of(folder.toString())));
            assertTrue(refusal.getMessage().contains("a.jar: this is no jar: it is not a regular file"),
                refusal.getMessage());
        }
    }
}
