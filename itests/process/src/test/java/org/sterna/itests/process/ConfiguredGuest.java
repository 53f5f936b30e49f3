package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The drill guest in a machine that is a configuration file, with all its files in a folder; it reports on one of those. */
record ConfiguredGuest(Path folder) {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
    private static final Pattern REPORT = Pattern.compile("DRILL report seq=([0-9]+) checks=[0-9]+ violations=([0-9]+) .*\\R");

    /** What the guest has said last. */
    record Report(long seq, long violations) {
    }

    /** Where a stop of the framework saves the guest. */
    Path snapshot() {
        return folder.resolve("snapshots/guest.sterna");
    }

    /** Puts the configuration into a folder that the framework watches. */
    void configure(Path watched) throws IOException {
        configure(watched, "snapshots=\"" + folder.resolve("snapshots") + "\"\n");
    }

    /** Puts a configuration there that does not say where the guest is saved. */
    void configureWithoutSnapshots(Path watched) throws IOException {
        configure(watched, "");
    }

    private void configure(Path watched, String snapshots) throws IOException {
        try (var disk = new RandomAccessFile(folder.resolve("disk").toFile(), "rw")) {
            disk.setLength(4 << 20);
        }
        Files.writeString(watched.resolve("org.sterna.machine-guest.config"), ("""
            machine="virt-1.0"
            memory="32M"
            board=["kernel=%s","append=drill.rate=2000 drill.pages=512 drill.report=100"]
            devices=["serial,backend=file,path=%s","pvclock","virtio-blk,drive=%s"]
            stop="snapshot"
            %s""".formatted(Sterna.root().resolve("guest.drill/drill.img"), console(), folder.resolve("disk"),
                snapshots)).replaceAll("(?<=[a-z])=(?!\\[|\")", "\\\\="));
    }

    /** Waits for a report after one that has been seen. */
    Report await(long after) throws IOException {
        long deadline = System.nanoTime() + PATIENCE;
        while (true) {
            Report last = new Report(-1, 0);
            String text = said();
            for (Matcher matcher = REPORT.matcher(text); matcher.find();) {
                last = new Report(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
            }
            if (last.seq() > after) {
                return last;
            }
            assertTrue(System.nanoTime() < deadline, () -> "waited in vain: " + text);
            LockSupport.parkNanos(10_000_000);
        }
    }

    /** Whether it has begun once, and not again. */
    boolean wasBootedOnce() throws IOException {
        String text = said();
        return text.contains(" seq=1 ") && text.indexOf(" seq=1 ") == text.lastIndexOf(" seq=1 ");
    }

    private String said() throws IOException {
        return Files.exists(console()) ? Files.readString(console()) : "";
    }

    private Path console() {
        return folder.resolve("console");
    }
}
