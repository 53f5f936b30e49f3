package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.Machines;

/** Guests that try to use up the process (see itests/hostile-guests) beside an honest one. */
@ExtendWith(ServiceExtension.class)
class HostileGuestsTest {
    private static final long LIMIT = 8 << 20;
    /** What a machine may hold above its limit: a page of decoded code, and one request of each of 16 queues. */
    private static final long ABOVE = 4 << 20;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @InjectService(timeout = 10_000)
    Machines machines;
    @TempDir
    Path folder;
    private final List<Machine> running = new ArrayList<>();
    private Path honest;

    @BeforeEach
    void bootTheHonestOne() throws IOException {
        var drill = new Drill(folder);
        honest = drill.console();
        running.add(drill.boot(machines, honest, drill.definition("virt-1.3", honest, Map.of())));
    }

    @AfterEach
    void close() {
        running.forEach(Machine::close);
    }

    private Machine hostile(String guest) throws IOException {
        Path disk = folder.resolve("hostile.disk");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        Machine machine = machines.create(new MachineDefinition("hostile", "virt-1.3", 64 << 20, 1,
            Map.of("kernel", Checkout.file("itests/hostile-guests/" + guest + ".img").toString()), Map.of(), List.of(
                DeviceDefinition.parse("serial,backend=file,path=" + console()),
                DeviceDefinition.parse("virtio-blk,queues=16,queue-size=1024,drive=" + disk))));
        running.add(machine);
        machine.hostMemory().limit(LIMIT);
        machine.attach();
        machine.boot();
        return machine;
    }

    private Path console() {
        return folder.resolve("hostile");
    }

    private long said() throws IOException {
        return Files.exists(console()) ? Files.size(console()) : 0;
    }

    /** Waits until the hostile guest has done what it does for a while, and looks at what that costs meanwhile. */
    private void awaitWork(Machine machine, String sign) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Drill.text(console()).contains(sign)) {
            long used = machine.hostMemory().used();
            assertTrue(used <= LIMIT + ABOVE, "in use are " + used + " bytes of the host's memory");
            assertEquals(Machine.Phase.RUNNING, machine.phase(), machine.why());
            assertTrue(System.nanoTime() < deadline, () -> "the guest does not go on");
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    /** The honest guest works as if it were alone, whatever the other one does. */
    private void honestWorks() throws IOException {
        long seen = Drill.last(honest).seq();
        assertEquals(0, Drill.await(honest, report -> report.seq() > seen + 5).violations(), Drill.text(honest));
    }

    @ParameterizedTest
    @CsvSource({"codebomb,beat 1", "blkhog,beat 1", "ringloop,beat 1", "queuestuff,beat 1", "cacheflip,beat 1",
        "flood,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "reboot,RRRRRRRR"})
    void harmNobodyAndCanBeStopped(String guest, String sign) throws Exception {
        Machine machine = hostile(guest);
        awaitWork(machine, sign);
        honestWorks();
        assertTimeoutPreemptively(PATIENCE, () -> {
            machine.pause();
            assertEquals(Machine.Phase.PAUSED, machine.phase());
            assertTrue(machine.parts().stream().allMatch(part -> part.state() != null));
            long quiet = said();
            machine.resume();
            while (said() == quiet) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
            machine.close();
        });
        honestWorks();
    }
}
