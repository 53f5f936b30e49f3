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
        var complete = new TreeMap<>(given);
        complete.putIfAbsent("capacity", "77");
        PartAbi part = Obstacles.ofUser("/gadget@0", model, AbiVersion.parse(abi), complete, wrong).part(0);
        assertEquals(List.of(), wrong);
        return part;
    }

    private static List<Reason> obstacles(Model model, PartAbi part) {
        return Obstacles.of("/gadget@0", model, "1.0.0", part, "plank-1.0",
            (property, text) -> "--device gadget," + property + "=" + text);
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
    void whatTheUserAskedForUnderAnOldMachineTypeNeedsANewerBundleNotAnotherAbi() {
        var reasons = obstacles(OLD, abi(NEW, "1.0", Map.of("lamp", "on")));
        assertEquals("install a newer gadget there, which knows lamp; a new machine can go there with --device gadget,lamp=off",
            reasons.getFirst().remedy());
    }

    @Test
    void aValueOutOfTheReadersRangeIsAnObstacle() {
        PartAbi part = abi(OLD, "1.0", Map.of("level", "9"));
        assertEquals(List.of(), obstacles(OLD, part));
        var wild = new PartAbi("gadget", AbiVersion.parse("1.0"), 0, new TreeMap<>(Map.of("level",
            new Setting(10L, Provenance.USER), "capacity", new Setting(77L, Provenance.HOST))));
        var reasons = obstacles(OLD, wild);
        assertEquals(List.of("level"), reasons.stream().map(Reason::item).toList());
        assertTrue(reasons.getFirst().cause().contains("'10' is not in 0..9"), reasons.toString());
        assertTrue(reasons.getFirst().remedy().endsWith("a new machine can go there with --device gadget,level=5"),
            reasons.toString());
        var typical = new TreeMap<>(wild.settings());
        typical.put("level", new Setting(10L, Provenance.MACHINE_TYPE));
        assertTrue(obstacles(OLD, new PartAbi("gadget", wild.abi(), 0, typical)).getFirst().remedy()
            .endsWith("with --device gadget,level=5 or --machine plank-1.0"));
    }

    @Test
    void anotherMajorIsAnObstacle() {
        var part = new PartAbi("gadget", AbiVersion.parse("2.0"), 0, new TreeMap<>());
        assertEquals(1, obstacles(NEW, part).size());
    }

    @Test
    void aDocumentThatLeavesAPropertyOutIsAnObstacle() {
        var part = new PartAbi("gadget", AbiVersion.parse("1.0"), 0, new TreeMap<>());
        assertEquals(List.of("level", "capacity"), obstacles(OLD, part).stream().map(Reason::item).toList(),
            "what the document leaves open would be read off this host, unseen");
    }

    /** Only the side that knows a property can say what stands for its absence, unless it is a flag. */
    @Test
    void aValueThatTheReaderDoesNotKnowIsToBeLeftOutOrGoesWithTheMachineType() {
        var settings = new TreeMap<>(abi(OLD, "1.0", Map.of("capacity", "7")).settings());
        settings.put("queues", new Setting(4L, Provenance.USER));
        var user = obstacles(OLD, new PartAbi("gadget", AbiVersion.parse("1.1"), 0, settings));
        assertEquals("install a gadget of ABI 1.1 there; a new machine can go there without queues=4", user.getFirst().remedy());
        settings.put("queues", new Setting(4L, Provenance.MACHINE_TYPE));
        var type = obstacles(OLD, new PartAbi("gadget", AbiVersion.parse("1.1"), 0, settings));
        assertEquals("install a gadget of ABI 1.1 there; a new machine can go there with --machine plank-1.0",
            type.getFirst().remedy());
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
