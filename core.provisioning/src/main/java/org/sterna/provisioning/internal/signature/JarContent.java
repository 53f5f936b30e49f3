package org.sterna.provisioning.internal.signature;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.Locale;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * What is checked of a jar before anything else reads it: the JDK decompresses manifests and signatures into memory
 * whole.
 */
final class JarContent {
    private static final int MAX_ENTRIES = 20_000;
    private static final long MAX_BYTES = 256L << 20;
    private static final long MAX_META = 8L << 20;
    private static final int MAX_SIGNATURES = 8;
    private static final int CHUNK = 1 << 16;

    private JarContent() {
    }

    /**
     * Checks that a jar is of a bounded size when it is decompressed, and that no two entries have one name.
     *
     * @throws Objection   if not
     * @throws IOException if it cannot be read
     */
    static void check(Path jar) throws IOException, Objection {
        try (var file = new ZipFile(jar.toFile())) {
            if (file.size() > MAX_ENTRIES) {
                throw new Objection("it has more than " + MAX_ENTRIES + " entries");
            }
            var names = new HashSet<String>();
            long all = 0;
            int signatures = 0;
            for (ZipEntry entry : Collections.list(file.entries())) {
                if (!names.add(entry.getName())) {
                    throw new Objection("it has the entry " + entry.getName() + " twice");
                }
                boolean meta = entry.getName().toUpperCase(Locale.ROOT).matches("META-INF/[^/]*");
                if (meta && entry.getName().toUpperCase(Locale.ROOT).endsWith(".SF") && ++signatures > MAX_SIGNATURES) {
                    throw new Objection("it has more than " + MAX_SIGNATURES + " signatures");
                }
                all += length(file, entry, Math.min(MAX_BYTES - all, meta ? MAX_META : MAX_BYTES));
            }
        }
    }

    /** What the entry says its size is may be wrong. */
    private static long length(ZipFile file, ZipEntry entry, long limit) throws IOException, Objection {
        byte[] chunk = new byte[CHUNK];
        long length = 0;
        try (InputStream in = file.getInputStream(entry)) {
            for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
                length += read;
                if (length > limit) {
                    throw new Objection("its entry " + entry.getName() + " is too long when it is decompressed");
                }
            }
        }
        return length;
    }
}
