package org.sterna.launcher.boot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Where everything is.
 *
 * @param jar     the program, which is also the bundle of the command line
 * @param bundles the folder of bundles that every process has
 * @param devices the folder of devices that a process has unless it was given others
 * @param watch   the folder of bundles that a process has that watches folders
 * @param shell   the folder of bundles that a process has that is a command shell
 */
record Installation(Path jar, Path bundles, Path devices, Path watch, Path shell) {
    /** The installation that the running program belongs to: the folders beside its jar. */
    static Installation ofThisJar() throws LaunchException {
        try {
            Path jar = Path.of(Installation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            var installation = new Installation(jar, jar.resolveSibling("bundles"), jar.resolveSibling("devices"),
                jar.resolveSibling("watch"), jar.resolveSibling("shell"));
            if (!Files.isRegularFile(jar) || !Files.isDirectory(installation.bundles)) {
                throw LaunchException.failed(jar + " has no folder of bundles beside it; run ./sterna build");
            }
            return installation;
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The jars of a folder, by name. */
    static List<Path> jars(Path folder) {
        var jars = new ArrayList<Path>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
            files.forEach(jars::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Collections.sort(jars);
        return jars;
    }
}
