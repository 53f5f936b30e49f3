package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.itests.process.FaultyLine.Fault;
import org.sterna.itests.process.FaultyLine.Frame;

/**
 * A guest at work is migrated from process to process, and each time something happens at one frame: the line is cut or stalls, or a
 * side is killed or stopped (SIGSTOP) and goes on later. The guest never runs twice, is never lost as long as a process that has it
 * lives, and nothing hangs. With {@code STERNA_FAULTS=all} in the environment it tries all of that at every frame.
 */
class MigrationFaultsTest {
    private static final boolean ALL = "all".equals(System.getenv("STERNA_FAULTS"));
    private static final long PATIENCE_SECONDS = 90;

    @TempDir
    Path folder;
    private Sterna sterna;
    private boolean withDisk;
    /** The process that has the guest, and one that waits for it. */
    private Host holder;
    private Host next;
    private int hosts;
    private int lines;

    /** What happens when a frame has come. */
    private enum What {
        CUT_BEFORE(Fault.CUT_BEFORE), CUT_INSIDE(Fault.CUT_INSIDE), CUT_AFTER(Fault.CUT_AFTER), STALL(Fault.STALLED),
        KILL_SOURCE(Fault.NONE), KILL_DESTINATION(Fault.NONE), STOP_SOURCE(Fault.NONE), STOP_DESTINATION(Fault.NONE);

        private final Fault fault;

        What(Fault fault) {
            this.fault = fault;
        }
    }

    private record Case(Frame frame, What what) {
        @Override
        public String toString() {
            return what + " at " + frame;
        }
    }

    /** A process with a control socket. */
    private record Host(String name, Sterna.Background process, boolean receiver) {
        boolean alive() {
            return process.process().isAlive();
        }

        void signal(String signal) {
            try {
                // The command is a script that becomes the program, so there is one process only.
                assertEquals(0, new ProcessBuilder("kill", "-" + signal, Long.toString(process.process().pid())).start().waitFor());
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        /** How many migrations to it have failed. */
        int failures() {
            return process.errText().split("an attempt has failed", -1).length - 1;
        }

        int reports() {
            return Sterna.text(process.out()).split("DRILL report", -1).length - 1;
        }
    }

    /** Each frame, and each fault, once with a disk and once without. */
    private List<Case> cases() {
        if (ALL) {
            return Stream.of(Frame.values()).flatMap(frame -> Stream.of(What.values()).map(what -> new Case(frame, what))).toList();
        }
        return withDisk
            ? List.of(new Case(Frame.MANIFEST, What.CUT_BEFORE), new Case(Frame.VERDICT, What.CUT_AFTER),
                new Case(Frame.READY, What.CUT_INSIDE), new Case(Frame.ROUND, What.CUT_BEFORE),
                new Case(Frame.PAGES, What.KILL_DESTINATION), new Case(Frame.COMMIT, What.STOP_DESTINATION),
                new Case(Frame.COMMIT, What.CUT_INSIDE), new Case(Frame.TAKEN, What.CUT_BEFORE),
                new Case(Frame.LOADED, What.KILL_SOURCE), new Case(Frame.RUNNING, What.KILL_SOURCE))
            : List.of(new Case(Frame.HELLO, What.CUT_INSIDE), new Case(Frame.START, What.CUT_AFTER),
                new Case(Frame.ROUND_DONE, What.CUT_INSIDE), new Case(Frame.SECTION, What.CUT_INSIDE),
                new Case(Frame.FINISH, What.CUT_AFTER), new Case(Frame.LOADED, What.STOP_SOURCE),
                new Case(Frame.COMMIT, What.STALL), new Case(Frame.TAKEN, What.KILL_SOURCE),
                new Case(Frame.COMMIT, What.KILL_DESTINATION), new Case(Frame.RUNNING, What.CUT_BEFORE));
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    /** All cases take longer than a test usually does. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void theGuestIsNeverLostAndNeverRunsTwice(boolean disk) throws Exception {
        sterna = new Sterna(folder);
        withDisk = disk;
        var failures = new ArrayList<String>();
        for (Case wrong : cases()) {
            try {
                prepare();
                migrateWith(wrong);
            } catch (AssertionError | IOException e) {
                failures.add(wrong + ": " + e.getMessage());
                sterna.close();
                holder = null;
                next = null;
            }
        }
        assertEquals(List.of(), failures);
    }

    /** Starts what the last case has ended. */
    private void prepare() throws IOException, InterruptedException {
        if (holder == null || !holder.alive()) {
            String name = "host" + ++hosts;
            Path disk = folder.resolve(name + ".disk");
            var devices = new ArrayList<>(List.of("--device", "serial,backend=stdio"));
            if (withDisk) {
                try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
                    file.setLength(4 << 20);
                }
                devices.addAll(List.of("--device", "virtio-blk,drive=" + disk));
            }
            holder = new Host(name, sterna.guest(name, "virt-1.3", devices.toArray(String[]::new)), false);
        }
        if (next == null || !next.alive()) {
            String name = "host" + ++hosts;
            next = new Host(name, sterna.receiver(name), true);
        }
    }

    private void migrateWith(Case wrong) throws IOException, InterruptedException {
        Host source = holder;
        Host destination = next;
        Path path = folder.resolve("line" + ++lines);
        int failed = destination.failures();
        Runnable signal = switch (wrong.what()) {
            case KILL_SOURCE -> () -> source.signal("KILL");
            case KILL_DESTINATION -> () -> destination.signal("KILL");
            case STOP_SOURCE -> () -> source.signal("STOP");
            case STOP_DESTINATION -> () -> destination.signal("STOP");
            default -> () -> { };
        };
        try (var line = new FaultyLine(path, folder.resolve(destination.name() + ".in"), wrong.frame(), wrong.what().fault, signal)) {
            awaitAccepted(source, "unix:" + path);
            assertTrue(line.awaitFrame(PATIENCE_SECONDS), () -> "the frame has not come: " + migration(source));
            switch (wrong.what()) {
                case KILL_SOURCE -> await("the end of the source", () -> !source.alive());
                case KILL_DESTINATION -> await("the end of the destination", () -> !destination.alive());
                case STOP_SOURCE -> {
                    await("the destination's end of the migration", () -> runs(destination) || destination.failures() > failed);
                    source.signal("CONT");
                }
                case STOP_DESTINATION -> {
                    await("the source's end of the migration", () -> ended(source));
                    destination.signal("CONT");
                }
                default -> { }
            }
            decide(source, destination, failed);
        }
    }

    /** A source that has been migrated from a moment ago may not be free yet. */
    private void awaitAccepted(Host source, String target) {
        await("the begin of the migration", () -> {
            try {
                return sterna.migrate(source.name(), target).has("return");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** Finds the one process where the guest runs, has it run at the source if it runs nowhere, and sees that it works there. */
    private void decide(Host source, Host destination, int failed) throws IOException {
        await("an end of the migration on both sides", () -> {
            boolean there = runs(destination);
            assertFalse(there && runs(source), "the guest runs twice");
            return ended(source) && (there || destination.failures() > failed || !destination.alive());
        });
        if (runs(destination)) {
            assertFalse(runs(source), "the guest runs twice");
            holder = destination;
            next = null;
            if (source.receiver() && source.alive()) {
                if (migration(source).equals("completed")) {
                    next = source;
                } else {
                    assertTrue(sterna.qmp(source.name(), "cont").has("error"), "the guest runs twice");
                    source.signal("KILL");
                }
            }
        } else if (source.alive()) {
            if (!runs(source)) {
                assertTrue(sterna.qmp(source.name(), "cont").has("error"), "a guest that may run elsewhere");
                var forced = sterna.force(source.name());
                assertTrue(forced.has("return"), () -> "the guest is lost: " + forced);
            }
        } else {
            holder = null;
            return;
        }
        works(holder, holder == source ? destination : source);
    }

    private void works(Host host, Host other) throws IOException {
        int before = host.reports();
        await("the guest's work", () -> {
            assertFalse(runs(other) && runs(host), "the guest runs twice");
            return host.reports() > before + 2;
        });
        String seen = Sterna.text(host.process().out());
        // A clock that jumps may be that of a busy host.
        assertFalse(seen.contains("DRILL violation ram") || seen.contains("DRILL violation disk"), seen);
    }

    private boolean runs(Host host) {
        try {
            return host.alive() && sterna.qmp(host.name(), "query-status").at("/return/running").asBoolean();
        } catch (IOException e) {
            // It has ended, or is about to.
            return false;
        }
    }

    private boolean ended(Host source) {
        return List.of("completed", "failed", "gone").contains(migration(source));
    }

    private String migration(Host source) {
        try {
            return source.alive() ? sterna.qmp(source.name(), "query-migrate").at("/return/status").asText() : "gone";
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, () -> "waited in vain for " + what);
            LockSupport.parkNanos(20_000_000);
        }
    }
}
