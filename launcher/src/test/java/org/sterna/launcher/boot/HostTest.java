package org.sterna.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real framework, with folders of bundles that a test has made up. */
class HostTest {
    @TempDir
    private Path folder;
    private Installation installation;
    private Path devices;

    @BeforeEach
    void anInstallation() throws IOException {
        installation = new Installation(jar(folder.resolve("program.jar"), "Bundle-SymbolicName: program"),
            Files.createDirectory(folder.resolve("bundles")), Files.createDirectory(folder.resolve("devices")),
            Files.createDirectory(folder.resolve("watch")), Files.createDirectory(folder.resolve("shell")));
        devices = Files.createDirectory(folder.resolve("others"));
    }

    private static Path jar(Path file, String... headers) throws IOException {
        var manifest = new Manifest();
        manifest.getMainAttributes().putValue("Manifest-Version", "1.0");
        manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
        for (String header : headers) {
            int colon = header.indexOf(": ");
            manifest.getMainAttributes().putValue(header.substring(0, colon), header.substring(colon + 2));
        }
        try (OutputStream out = Files.newOutputStream(file); var jar = new JarOutputStream(out, manifest)) {
            jar.finish();
        }
        return file;
    }

    private BundleFolders folders() {
        return new BundleFolders(List.of(devices), List.of(), false, List.of());
    }

    private String refusal() throws Exception {
        try (var host = host(folders())) {
            var refusal = assertThrows(LaunchException.class, host::install);
            assertEquals(1, refusal.exitCode());
            assertEquals(1, refusal.getMessage().lines().count(), refusal.getMessage());
            return refusal.getMessage();
        }
    }

    @Test
    void severalVersionsOfABundleLiveSideBySideAndOneMayComeTwice() throws Exception {
        jar(devices.resolve("one.jar"), "Bundle-SymbolicName: device", "Bundle-Version: 1.0.0");
        jar(devices.resolve("two.jar"), "Bundle-SymbolicName: device", "Bundle-Version: 1.1.0");
        jar(devices.resolve("again.jar"), "Bundle-SymbolicName: device", "Bundle-Version: 1.1.0");
        try (var host = host(folders())) {
            assertDoesNotThrow(host::install);
        }
    }

    @Test
    void aBrokenJarIsNamed() throws Exception {
        Files.writeString(devices.resolve("broken.jar"), "this is no zip file");
        assertTrue(refusal().contains("broken.jar cannot be installed"), refusal());
    }

    @Test
    void aJarThatIsNoBundleIsNamed() throws Exception {
        jar(devices.resolve("plain.jar"));
        assertTrue(refusal().contains("plain.jar"), refusal());
    }

    @Test
    void aBundleThatCannotBeResolvedSaysWhatItMisses() throws Exception {
        jar(devices.resolve("hungry.jar"), "Bundle-SymbolicName: hungry", "Import-Package: org.example.food;version=\"[2,3)\"");
        String refusal = refusal();
        assertTrue(refusal.contains("hungry.jar cannot be used: nothing here offers osgi.wiring.package")
            && refusal.contains("org.example.food") && !refusal.contains("caused by"), refusal);
    }

    @Test
    void theDevicesOfOtherFoldersReplaceTheInstalledOnes() throws Exception {
        Files.writeString(installation.devices().resolve("broken.jar"), "not looked at");
        try (var host = host(folders())) {
            assertDoesNotThrow(host::install);
        }
    }

    @Test
    void whatWatchesFoldersIsThereOnlyIfThereIsOneToWatch() throws Exception {
        Files.writeString(installation.watch().resolve("broken.jar"), "not looked at");
        try (var host = host(folders())) {
            assertDoesNotThrow(host::install);
        }
        try (var host = host(new BundleFolders(List.of(devices), List.of(folder), false, List.of()))) {
            assertThrows(LaunchException.class, host::install);
        }
    }

    @Test
    void whatAShellNeedsIsThereOnlyForOneAndLeftForItToStart() throws Exception {
        jar(installation.shell().resolve("hungry.jar"), "Bundle-SymbolicName: hungry", "Import-Package: org.example.food");
        try (var host = host(new BundleFolders(List.of(devices), List.of(), true, List.of()))) {
            assertDoesNotThrow(host::install);
        }
        Files.writeString(installation.shell().resolve("hungry.jar"), "this is no zip file");
        try (var host = host(folders())) {
            assertDoesNotThrow(host::install);
        }
        try (var host = host(new BundleFolders(List.of(devices), List.of(), true, List.of()))) {
            assertThrows(LaunchException.class, host::install);
        }
    }

    @Test
    void leavesNoFilesBehind() throws Exception {
        Path storage;
        try (var host = host(folders())) {
            storage = host.storage();
            assertTrue(Files.isDirectory(storage));
        }
        assertFalse(Files.exists(storage));
    }

    private Host host(BundleFolders folders) throws Exception {
        return new Host(TemporaryFolder.create(folder), installation, folders);
    }
}
