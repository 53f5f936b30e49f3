package org.sterna.itests.bundles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Another process that looks whether it could lock a file: in this one, closing the handle would drop the lock. */
final class LockProbe {
    private static final String SOURCE = """
        public class Probe {
            public static void main(String[] arguments) throws Exception {
                try (var file = new java.io.RandomAccessFile(arguments[0], "rw")) {
                    System.exit(file.getChannel().tryLock() == null ? 1 : 0);
                }
            }
        }
        """;

    private LockProbe() {
    }

    /** Whether somebody else holds a lock on a file. */
    static boolean isLocked(Path file) throws IOException, InterruptedException {
        Path probe = Files.writeString(Files.createTempDirectory(file.getParent(), "probe").resolve("Probe.java"), SOURCE);
        int code = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), probe.toString(),
            file.toString()).inheritIO().start().waitFor();
        if (code > 1) {
            throw new IOException("the probe failed");
        }
        return code == 1;
    }
}
