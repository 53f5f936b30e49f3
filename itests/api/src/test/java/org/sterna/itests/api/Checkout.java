package org.sterna.itests.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.osgi.framework.Version;

/** Files of the checkout that the tests run in. */
final class Checkout {
    private static final String GROUP = "cnf/repository/org/sterna";

    private Checkout() {
    }

    /** A file by its path from the root of the checkout. */
    static Path file(String path) {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve("sterna"))) {
                return folder.resolve(path);
            }
        }
        throw new IllegalStateException("not inside a checkout: " + Path.of("").toAbsolutePath());
    }

    /** The names of the bundles that have been released for others to build against. */
    static List<String> releasedBundles() throws IOException {
        try (Stream<Path> folders = Files.list(file(GROUP))) {
            return folders.map(folder -> folder.getFileName().toString()).filter(name -> name.startsWith("org.sterna."))
                .sorted().toList();
        }
    }

    /** A bundle as it was released last. */
    static Path released(String bundle) throws IOException {
        try (Stream<Path> versions = Files.list(file(GROUP).resolve(bundle))) {
            Path newest = versions.max(Comparator.comparing(folder -> new Version(folder.getFileName().toString())))
                .orElseThrow();
            return newest.resolve(bundle + "-" + newest.getFileName() + ".jar");
        }
    }

    /** A bundle as this build has made it. */
    static Path built(String bundle) throws IOException {
        Path target = file(bundle.substring("org.sterna.".length())).resolve("target");
        try (Stream<Path> jars = Files.list(target)) {
            // Another version may lie about from an earlier build.
            return jars.filter(jar -> jar.getFileName().toString().matches(bundle + "-[0-9][^-]*(-SNAPSHOT)?\\.jar"))
                .max(Comparator.comparing(jar -> jar.toFile().lastModified())).orElseThrow();
        }
    }
}
