package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;

class ObstaclesTest {
    private static final Model OLD = new Fakes.Gadgets("1.0").model();
    private static final Model NEW = new Fakes.Gadgets("1.1").model();

    private static PartAbi abi(Model model, String abi, Map<String, String> given) {
        List<Reason> wrong = new ArrayList<>();
        PartAbi part = Obstacles.ofUser("/gadget@0", model, AbiVersion.parse(abi), given, wrong).part(0);
        assertEquals(List.of(), wrong);
        return part;
    }

    private static List<Reason> obstacles(Model model, PartAbi part) {
        return Obstacles.of("/gadget@0", model, "1.0.0", part, "plank-1.0");
    }

    @Test
    void anOldMachineTypeOnANewBundleGoesToAnOldBundleAndBack() {
        PartAbi part = abi(NEW, "1.0", Map.of());
        assertEquals(part, abi(OLD, "1.0", Map.of()));
        assertEquals(List.of(), obstacles(OLD, part));
        assertEquals(List.of(), obstacles(NEW, part));
        assertEquals(part, Configuration.ofPart(NEW, part, Map.of()).part(0));
        assertEquals(part, Configuration.ofPart(OLD, part, Map.of()).part(0));
    }

    @Test
    void aFeatureThatIsOffDoesNotKeepAMachineFromAnOldBundle() {
        PartAbi part = abi(NEW, "1.1", Map.of("lamp", "off"));
        assertEquals(List.of(), obstacles(OLD, part));
        assertEquals(part, Configuration.ofPart(OLD, part, Map.of()).part(0), "and it comes back as it was");
    }

    @Test
    void aFeatureThatTheReaderLacksIsNamedWithTheSwitch() {
        var reasons = obstacles(OLD, abi(NEW, "1.1", Map.of()));
        assertEquals(1, reasons.size());
        assertEquals("lamp", reasons.getFirst().item());
        assertTrue(reasons.getFirst().remedy().contains("--device gadget,lamp=off or --machine plank-1.0"), reasons.toString());
    }

    @Test
    void aValueOutOfTheReadersRangeIsAnObstacle() {
        PartAbi part = abi(OLD, "1.0", Map.of("level", "9"));
        assertEquals(List.of(), obstacles(OLD, part));
        var wild = new PartAbi("gadget", AbiVersion.parse("1.0"), 0, new TreeMap<>(Map.of("level",
            new Setting(10L, Provenance.USER))));
        assertEquals("level", obstacles(OLD, wild).getFirst().item());
    }

    @Test
    void anotherMajorIsAnObstacle() {
        var part = new PartAbi("gadget", AbiVersion.parse("2.0"), 0, new TreeMap<>());
        assertEquals(1, obstacles(NEW, part).size());
    }

    @Test
    void aDocumentThatLeavesAPropertyOutIsAnObstacle() {
        var part = new PartAbi("gadget", AbiVersion.parse("1.0"), 0, new TreeMap<>());
        assertEquals("level", obstacles(OLD, part).getFirst().item());
    }

    @Test
    void everythingThatAUserGotWrongIsSaidAtOnce() {
        List<Reason> wrong = new ArrayList<>();
        Obstacles.ofUser("/gadget@0", NEW, AbiVersion.parse("1.1"), Map.of("levl", "3", "lamp", "maybe", "level", "99"), wrong);
        assertEquals(3, wrong.size());
        assertTrue(wrong.toString().contains("did you mean level?"), wrong.toString());
        assertTrue(wrong.toString().contains("'maybe' is not in on|off"), wrong.toString());
    }

    @Test
    void nearNamesAreSuggestedAndFarOnesListed() {
        assertEquals("did you mean virt-1.0 or virt-1.1?", Nearest.remedy("virt-1.2", List.of("virt-1.0", "virt-1.1", "plank-9.9")));
        assertEquals("known are a, b", Nearest.remedy("zzzzzz", List.of("b", "a")));
        assertEquals("there is none", Nearest.remedy("x", List.of()));
    }
}
