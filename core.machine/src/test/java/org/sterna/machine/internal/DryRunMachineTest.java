package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;
import org.sterna.machine.lease.Resource;

/** Everything that would make a machine fail later and can be seen without taking anything. */
class DryRunMachineTest {
    private final Fakes.FakeBoards boards = new Fakes.FakeBoards();
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");

    @BeforeEach
    void claimNothing() {
        gadgets.claims = path -> Optional.of(List.of());
    }

    private static PartAbi gadget(int slot) {
        return new PartAbi("gadget", AbiVersion.parse("1.0"), slot, new TreeMap<>(Map.of("level",
            new Setting(5L, Provenance.MACHINE_TYPE), "capacity", new Setting(77L, Provenance.HOST))));
    }

    /** The obstacles of a machine of a terabyte with gadgets in some slots. */
    private List<Reason> obstacles(int... slots) {
        return obstacles(Map.of(), slots);
    }

    private List<Reason> obstacles(Map<String, Map<String, Object>> host, int... slots) {
        var devices = new TreeMap<String, PartAbi>();
        for (int i = 0; i < slots.length; i++) {
            devices.put("/gadget@" + i, gadget(slots[i]));
        }
        var abi = new AbiDocument("plank-1.0", 1L << 40, 2, new PartAbi("plank", Fakes.ABI, 0, new TreeMap<>()),
            new PartAbi("counter", Fakes.ABI, 0, new TreeMap<>()), devices);
        try (var machine = new DryRunMachine(abi, host, CallLimits.DEFAULT)) {
            machine.put(Fakes.installed(boards, boards.model(), "1.0.0"));
            devices.forEach((path, part) -> machine.put(path, Fakes.installed(gadgets, gadgets.model(), "1.0.0"), part));
            return List.copyOf(machine.obstacles());
        }
    }

    @Test
    void nothingStandsAgainstAMachineThatCanBeBuilt() {
        assertEquals(List.of(), obstacles(0, 1));
        assertEquals(List.of(), gadgets.calls, "nothing is attached or reset");
    }

    @Test
    void boardAndDevicesAreAsked() {
        boards.obstacles = List.of(new Reason("/plank", "kernel", "it is not there", "put it there"));
        gadgets.obstacles = path -> List.of(Reason.of(path, "no", ""));
        assertEquals(List.of(new Reason("/plank", "kernel", "it is not there", "put it there"), Reason.of("/gadget@0", "no", ""),
            Reason.of("/gadget@1", "no", "")), obstacles(0, 1));
    }

    @Test
    void aHostPropertyThatADeviceDoesNotTakeIsNamedAndTheOthersAreAskedAllTheSame() {
        gadgets.obstacles = path -> List.of(Reason.of(path, "no", ""));
        assertEquals(List.of(new Reason("/gadget@0", "file", "'7' is not in text of at most 100 characters",
            "give another value"),
            Reason.of("/gadget@1", "no", "")), obstacles(Map.of("/gadget@0", Map.of("file", 7L)), 0, 1));
    }

    @Test
    void aSlotThatTheBoardDoesNotHaveIsAnObstacle() {
        assertEquals(List.of(Reason.of("/gadget@1", "the board plank has no more slots of the kind hole", "leave the device out")),
            obstacles(0, 7));
    }

    @Test
    void aBundleThatThrowsIsAReasonAndTheOthersAreAskedAllTheSame() {
        gadgets.obstacles = path -> {
            if (path.endsWith("0")) {
                throw new IllegalStateException("a defect");
            }
            return List.of(Reason.of(path, "no", ""));
        };
        var reasons = obstacles(0, 1);
        assertEquals(List.of("/gadget@0", "/gadget@1"), reasons.stream().map(Reason::subject).toList());
        assertTrue(reasons.getFirst().cause().endsWith("has failed in obstacles(): java.lang.IllegalStateException: a defect"),
            reasons.toString());
        gadgets.obstacles = path -> {
            throw new NoClassDefFoundError("com/acme/Missing");
        };
        assertTrue(obstacles(0).getFirst().cause().contains("com/acme/Missing"));
    }

    private static Function<String, Optional<List<Resource>>> claiming(boolean exclusive, Path... files) {
        return path -> Optional.of(List.of(new Resource(path, "file", files[path.charAt(path.length() - 1) - '0'].toUri(),
            exclusive)));
    }

    @Test
    void twoDevicesCannotBothHaveWhatEachNeedsForItselfAlone(@TempDir Path folder) throws IOException {
        Path disk = Files.createFile(folder.resolve("disk")).toRealPath();
        Path link = Files.createLink(disk.resolveSibling("link"), disk);
        Path other = Files.createFile(disk.resolveSibling("other"));
        gadgets.claims = claiming(true, disk, disk);
        assertEquals(List.of(new Reason("/gadget@1", "file", disk + " is used by /gadget@0 too", "give each device its own")),
            obstacles(0, 1));
        gadgets.claims = claiming(true, disk, link);
        assertEquals(1, obstacles(0, 1).size(), "one file with two names");
        gadgets.claims = claiming(true, disk, other);
        assertEquals(List.of(), obstacles(0, 1));
        gadgets.claims = claiming(false, disk, disk);
        assertEquals(List.of(), obstacles(0, 1), "both only read it");
    }
}
