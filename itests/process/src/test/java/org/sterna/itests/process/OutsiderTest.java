package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A peer that was written from the specification alone, in another language, takes a machine and gives it back. */
class OutsiderTest {
    private static final Path PEER = Sterna.root().resolve("itests/outsider/sterna_peer.py");
    private static final Optional<Path> PYTHON = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .map(folder -> Path.of(folder, "python3")).filter(Files::isExecutable).findFirst();

    @TempDir
    Path folder;
    private Sterna sterna;
    private Sterna.Background guest;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(PYTHON.isPresent(), "no python3 on the PATH");
        sterna = new Sterna(folder);
        guest = sterna.guest("guest", "virt-1.1", "--memory", "32M", "--device", "serial,backend=stdio", "--device", "pvclock");
    }

    @AfterEach
    void close() throws InterruptedException {
        if (sterna != null) {
            sterna.close();
        }
    }

    private Sterna.Background peer(String... arguments) throws Exception {
        return sterna.startCommand(PYTHON.orElseThrow(), "-B", PEER.toString(), arguments);
    }

    /** Starts the outsider as a receiver and waits until it listens. */
    private Sterna.Background outsider(String... more) throws Exception {
        return null;
    }
}
