package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.ReceiveLimits;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.Receiver;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.engine.RewritingProxy.Rewriter;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Reader;
import org.sterna.migration.internal.wire.FrameType;

/** What a receiver takes in: it says so in the verdict, and holds to it when the machine comes. */
class AdmissionTest {
    private static final long MEMORY = 8 << 20;

    private final TwoHosts hosts = new TwoHosts();
    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable open : opened) {
            open.close();
        }
        hosts.close();
    }

    private <T extends AutoCloseable> T keep(T open) {
        opened.add(open);
        return open;
    }

    private Receiver receive(String name, ReceiveLimits limits) {
        return keep(hosts.oldMigrations.receive(TwoHosts.ANY_PORT, hosts.options(name).withLimits(limits)));
    }

    private Verdict check(FakeMachine machine, Receiver receiver) {
        return hosts.newMigrations.check(machine, receiver.endpoint(), MigrationOptions.DEFAULT);
    }

    private static void isBlocked(Verdict verdict, Reason reason) {
        assertEquals(Outcome.BLOCKED, verdict.outcome());
        assertEquals(List.of(reason), verdict.reasons());
    }

    private static Reason tooMuchMemory(String name, String here) {
        return new Reason(name, "memory", "the guest has 8 MiB of memory, and this receiver may give machines 10 MiB" + here,
            "make room there, or migrate to another host; a receiver with a larger --max-memory gives more");
    }

    @Test
    void memoryIsThatOfAllMachinesOfTheProcess() throws Exception {
        var limits = ReceiveLimits.DEFAULT.withMaxMemory(10 << 20);
        Receiver receiver = receive("arrival", limits);
        FakeMachine machine = hosts.source();
        assertTrue(check(machine, receiver).allowed());
        FakeMachine local = hosts.oldHost.build("local", FakeHost.abi(3 << 20), Map.of());
        isBlocked(check(machine, receiver), tooMuchMemory("arrival", ", of which the machines here have 3 MiB"));
        local.close();
        assertTrue(check(machine, receiver).allowed());
    }

    @Test
    void aMachineThatIsComingHasItsMemoryAlready() throws Exception {
        var limits = ReceiveLimits.DEFAULT.withMaxMemory(10 << 20);
        FakeMachine machine = hosts.source();
        keep(RawSource.started(receive("first", limits).endpoint(), machine));
        isBlocked(check(machine, receive("second", limits)),
            tooMuchMemory("second", ", of which the machines here have 8 MiB"));
    }

    @Test
    void twoThatAskAtTheSameTimeDoNotBothGetWhatIsThereForOne() throws Exception {
        var limits = ReceiveLimits.DEFAULT.withMaxMemory(10 << 20);
        FakeMachine machine = hosts.source();
        RawSource first = keep(RawSource.answered(receive("first", limits).endpoint(), machine));
        RawSource second = keep(RawSource.answered(receive("second", limits).endpoint(), machine));
        first.start();
        first.await(FrameType.READY);
        second.start();
        assertEquals(List.of(tooMuchMemory("second", ", of which the machines here have 8 MiB")), second.reasons());
    }

    @Test
    void withoutALimitTheHostHasOne() {
        var room = new HostRoom(hosts.oldHost, () -> 100 << 20, () -> Long.MAX_VALUE);
        assertEquals(List.of(), room.obstacles("a", FakeHost.abi(100 << 20), ReceiveLimits.DEFAULT));
        assertEquals(List.of(new Reason("a", "memory", "the guest has 1 TiB of memory, and this host has 100 MiB",
            "make room there, or migrate to another host; a receiver with a larger --max-memory gives more than its host has")),
            room.obstacles("a", FakeHost.abi(1L << 40), ReceiveLimits.DEFAULT));
        assertEquals(List.of(), room.obstacles("a", FakeHost.abi(1L << 40), ReceiveLimits.DEFAULT.withMaxMemory(2L << 40)));
        var busy = new HostRoom(hosts.oldHost, () -> 100 << 20, () -> 60 << 20);
        assertEquals(List.of(), busy.obstacles("a", FakeHost.abi(60 << 20), ReceiveLimits.DEFAULT));
        assertEquals(List.of(new Reason("a", "memory", "the guest has 61 MiB of memory, and this host has 60 MiB left now",
            "make room there, or migrate to another host; a receiver with --max-memory takes no account of what is left")),
            busy.obstacles("a", FakeHost.abi(61 << 20), ReceiveLimits.DEFAULT));
        assertEquals(List.of(), busy.obstacles("a", FakeHost.abi(61 << 20), ReceiveLimits.DEFAULT.withMaxMemory(100 << 20)));
        assertTrue(HostMemory.available() > 1 << 20, HostMemory.available() + " bytes");
        assertTrue(HostMemory.physical() > 1 << 28 && HostMemory.physical() < 1L << 60, HostMemory.physical() + " bytes");
    }

    @Test
    void theNumberOfMachinesIsLimited() throws Exception {
        Receiver receiver = receive("arrival", ReceiveLimits.DEFAULT.withMaxMachines(1));
        FakeMachine machine = hosts.source();
        assertTrue(check(machine, receiver).allowed());
        hosts.oldHost.build("local", FakeHost.abi(MEMORY), Map.of());
        isBlocked(check(machine, receiver), Reason.of("arrival", "this host has 1 machine and takes no more than 1",
            "wait until one has ended or left, or start the receiver with a larger --max-machines"));
    }

    @Test
    void aReceiverThatHasAMachineSaysSo() throws Exception {
        Receiver receiver = keep(hosts.receive(TwoHosts.ANY_PORT));
        FakeMachine machine = hosts.source();
        byte[] next = hosts.newMigrations.declare(machine, Set.of());
        RawSource late = keep(RawSource.answered(receiver.endpoint(), machine));
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(machine, receiver)).phase());
        FakeMachine arrived = hosts.arrived();
        var occupied = Reason.of("arrival", "this receiver has a machine already, and takes one at a time",
            "migrate to another receiver, or wait until that machine has ended or left");
        isBlocked(hosts.newMigrations.check(next, receiver.endpoint()), occupied);
        late.start();
        assertEquals(List.of(occupied), late.reasons());
        arrived.close();
        assertTrue(hosts.newMigrations.check(next, receiver.endpoint()).allowed());
    }

    @Test
    void aReceiverThatIsTakingOverAMachineSaysSo() throws Exception {
        Receiver receiver = keep(hosts.receive(TwoHosts.ANY_PORT));
        FakeMachine machine = hosts.source();
        RawSource late = keep(RawSource.answered(receiver.endpoint(), machine));
        keep(RawSource.started(receiver.endpoint(), machine));
        var busy = Reason.of("arrival", "this receiver is taking over another machine", "try again later");
        isBlocked(check(machine, receiver), busy);
        late.start();
        assertEquals(List.of(busy), late.reasons());
    }

    private static Reason refusedPath(Path file, String why) {
        return new Reason("/disk@0", "drive", "the source names the file '" + file + "', " + why,
            "start the receiver with --map /disk@0.drive=FILE, or with --allow-path and the file's folder");
    }

    @Test
    void aFileThatTheSourceNamesIsNotEvenLookedAt(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("disk");
        FakeMachine machine = hosts.source();
        machine.drive = file.toString();
        var asked = new ArrayList<Map<String, Map<String, Object>>>();
        hosts.oldHost.lacks = host -> {
            asked.add(host);
            return List.of(new Reason("/disk@0", "drive", file + " does not exist", "create it"));
        };
        Verdict verdict = check(machine, receive("arrival", ReceiveLimits.DEFAULT));
        isBlocked(verdict, refusedPath(file, "and this receiver takes no files that a source names"));
        assertEquals(List.of(Map.of("/disk@0", Map.of())), asked);
        assertEquals(Outcome.BLOCKED, verdict.sections().stream().filter(section -> section.path().equals("/disk@0")).findFirst()
            .orElseThrow().outcome());
        isBlocked(check(machine, receive("other", ReceiveLimits.DEFAULT.withAllowedPaths(List.of(folder.resolve("sub"))))),
            refusedPath(file, "which is not in the folders that this receiver allows: " + folder.resolve("sub")));
    }

    @Test
    void aFileInAnAllowedFolderOrOneThatThisHostMapsIsTaken(@TempDir Path folder) throws Exception {
        FakeMachine machine = hosts.source();
        machine.drive = folder.resolve("disk").toString();
        assertTrue(check(machine, receive("allowing", ReceiveLimits.DEFAULT.withAllowedPaths(List.of(folder)))).allowed());
        var mapping = new ReceiveOptions("mapping", Map.of("/disk@0", Map.of("drive", "/here/disk")), hosts.arrivals::add,
            hosts.failed::add);
        Receiver receiver = keep(hosts.oldMigrations.receive(TwoHosts.ANY_PORT, mapping));
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(machine, receiver)).phase());
    }

    @Test
    void aFileThatLeadsOutOfItsFolderSinceTheQuestionIsRefused(@TempDir Path folder) throws Exception {
        Path allowed = Files.createDirectory(folder.resolve("allowed"));
        Path disk = Files.createFile(allowed.resolve("disk"));
        Receiver receiver = receive("arrival", ReceiveLimits.DEFAULT.withAllowedPaths(List.of(allowed)));
        FakeMachine machine = hosts.source();
        machine.drive = disk.toString();
        RawSource source = keep(RawSource.answered(receiver.endpoint(), machine));
        Files.delete(disk);
        Files.createSymbolicLink(disk, Files.createFile(folder.resolve("secret")));
        source.start();
        assertEquals(List.of(refusedPath(disk, "which is not in the folders that this receiver allows: " + allowed)),
            source.reasons());
    }

    @Test
    void theSourceDoesNotSayWhichBundleIsUsed() throws Exception {
        Manifest manifest = Declaration.of(hosts.source(), Set.of());
        var wanting = new Manifest(manifest.name(), manifest.abi(), manifest.sections(), manifest.regions(),
            Map.of("/disk@0", Map.of("drive", "disk.raw", Machines.BUNDLE, "0.9.0")), Set.of());
        assertEquals(Map.of("/disk@0", Map.of("drive", "disk.raw")), new InstalledReader(hosts.oldHost, Map.of()).host(wanting));
    }

    @Test
    void noOtherVersionAnswersForOneThatIsNotInstalled() throws Exception {
        Manifest manifest = Declaration.of(hosts.source(), Set.of());
        Manifest.Section disk = manifest.sections().stream().filter(section -> section.path().equals("/disk@0")).findFirst()
            .orElseThrow();
        for (String wanted : List.of("1.0.0", "9.9.9")) {
            var reader = new InstalledReader(hosts.oldHost, Map.of("/disk@0", Map.of(Machines.BUNDLE, wanted)));
            assertEquals(wanted.equals("1.0.0") ? Optional.of(wanted) : Optional.empty(),
                reader.part(manifest.abi(), disk).map(Reader.Part::version));
        }
        assertEquals(Optional.of("1.0.0"),
            new InstalledReader(hosts.oldHost, Map.of()).part(manifest.abi(), disk).map(Reader.Part::version));
    }

    /** What a source says whose clock is set otherwise. */
    private static FuturePeer withClock(Duration behind) {
        return FuturePeer.with(frame -> {
            if (frame.type() != FrameType.HELLO) {
                return frame;
            }
            var tree = new TreeMap<String, Object>();
            ((Map<?, ?>) frame.tree()).forEach((key, value) -> tree.put((String) key, value));
            Instant time = Instant.now().minus(behind);
            tree.put("wall-time", time.getEpochSecond() * 1_000_000_000L + time.getNano());
            return frame.with(Cbor.encode(tree));
        });
    }

    private Verdict checkWithClock(Duration behind, ReceiveLimits limits) throws Exception {
        Receiver receiver = receive("arrival", limits);
        var line = keep(new RewritingProxy(receiver.endpoint(), withClock(behind), Rewriter.NONE));
        FakeMachine machine = hosts.newHost.machines.containsKey("guest") ? hosts.newHost.machines.get("guest") : hosts.source();
        return hosts.newMigrations.check(machine, line.endpoint(), MigrationOptions.DEFAULT);
    }

    @Test
    void aClockThatIsFarAheadOrBehindBlocks() throws Exception {
        Duration years = Duration.ofDays(3652).plusHours(1).plusMinutes(1);
        Verdict verdict = checkWithClock(years, ReceiveLimits.DEFAULT);
        assertEquals(List.of(Outcome.BLOCKED), verdict.sections().stream()
            .filter(section -> section.path().equals("/clock")).map(Verdict.Section::outcome).toList());
        isBlocked(verdict, Reason.of("/clock",
            "the destination's clock is 3652 days 1 hour ahead of the source's, and the guest's wall clock would jump"
            + " by that; the receiver's limit is 5 minutes",
            "set the clocks of both hosts right, or start the receiver with a larger --max-clock-jump"));
        Duration hours = Duration.ofHours(-3).minusSeconds(90);
        assertTrue(checkWithClock(hours, ReceiveLimits.DEFAULT).reasons().getFirst().cause()
            .startsWith("the destination's clock is 3 hours 1 minute behind the source's"));
    }

    @Test
    void aLimitOfNothingIsSaidAsSuch() throws Exception {
        ReceiveLimits none = ReceiveLimits.DEFAULT.withMaxClockJump(Duration.ZERO);
        String cause = checkWithClock(Duration.ofMinutes(-2).minusSeconds(30), none).reasons().getFirst().cause();
        assertTrue(cause.matches("the destination's clock is 2 minutes [0-9]+ s behind the source's, and the guest's"
            + " wall clock would jump by that; the receiver's limit is 0 s"), cause);
    }

    @Test
    void aClockThatDiffersWithinTheLimitIsRemarked() throws Exception {
        Verdict verdict = checkWithClock(Duration.ofMinutes(61), ReceiveLimits.DEFAULT.withMaxClockJump(Duration.ofHours(2)));
        assertTrue(verdict.allowed());
        assertEquals(List.of(Reason.of("/clock",
            "the destination's clock is 1 hour 1 minute ahead of the source's, and the guest's wall clock jumps by"
            + " that", "")),
            verdict.remarks());
        assertEquals(List.of(), checkWithClock(Duration.ZERO, ReceiveLimits.DEFAULT).remarks());
    }
}
