package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.time.ClockState;

/** A checker that cannot fail is worthless: the drill guest sees each kind of fault that a migration could bring. */
@ExtendWith(ServiceExtension.class)
class PlantedFaultTest {
    private static final Pattern RAM = Pattern.compile("DRILL ram base=0x([0-9a-f]+) pages=([0-9]+)");

    private static final long STEP_NANOS = 50_000_000;

    @InjectService(timeout = 10_000)
    Machines machines;
    private Drill drill;
    private Path console;
    private Machine machine;

    @BeforeEach
    void boot(@TempDir Path folder) throws IOException {
        drill = new Drill(folder);
        console = drill.console();
        machine = drill.boot(machines, console, drill.definition("virt-1.1", console, Map.of()));
        assertEquals(0, Drill.last(console).violations());
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void assertCaught(String kind) throws IOException {
        Drill.await(console, report -> report.violations() > 0);
        assertTrue(Drill.text(console).contains("DRILL violation " + kind), Drill.text(console));
    }

    @Test
    void aFlippedByteOfMemoryIsCaught() throws IOException {
        Matcher ram = RAM.matcher(Drill.text(console));
        assertTrue(ram.find());
        long address = Long.parseLong(ram.group(1), 16) + 100 * GuestMemory.PAGE_SIZE + 123;
        machine.pause();
        machine.memory().putByte(address, (byte) ~machine.memory().getByte(address));
        machine.resume();
        assertCaught("ram");
    }

    /** All blocks that the guest has written in the meantime are put back to what they were before. */
    @Test
    void lostDiskWritesAreCaught() throws IOException {
        machine.pause();
        machine.detach();
        byte[] before = Files.readAllBytes(drill.disk(console));
        machine.attach();
        machine.resume();
        long seen = Drill.last(console).seq();
        Drill.await(console, report -> report.seq() > seen + 5);
        machine.pause();
        machine.detach();
        assertTrue(!Arrays.equals(before, Files.readAllBytes(drill.disk(console))), "the guest writes its disk");
        Files.write(drill.disk(console), before);
        machine.attach();
        machine.resume();
        assertCaught("disk");
    }

    /** A guest that sleeps through the step only sleeps longer, so it is stepped until it was awake. */
    @Test
    void aClockSteppedBackIsCaught() throws IOException {
        for (int attempt = 0; attempt < 100 && Drill.last(console).violations() == 0; attempt++) {
            machine.pause();
            ClockState state = machine.clock().state();
            machine.clock().restore(new ClockState(state.time() - STEP_NANOS, state.blackout(), state.stoppedAt()));
            machine.resume();
            long seen = Drill.last(console).seq();
            Drill.await(console, report -> report.seq() > seen + 1);
        }
        assertCaught("clock");
    }
}
