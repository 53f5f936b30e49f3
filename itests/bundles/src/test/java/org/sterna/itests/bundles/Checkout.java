package org.sterna.itests.bundles;

import java.nio.file.Files;
import java.nio.file.Path;

/** Files of the checkout that the tests run in. */
final class Checkout {
    private Checkout() {
    }

    /** A file by its path from the root of the checkout. */
    static Path file(String path) {
        for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("cnf/release"))) {
                return folder.resolve(path);
            }
        }
        throw new IllegalStateException("not inside a checkout: " + Path.of("").toAbsolutePath());
    }
}
