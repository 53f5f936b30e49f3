package org.sterna.testkit.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.sterna.machine.abi.AbiVersion;

class AbiProbeTest {
    private final AbiProbe probe = AbiProbe.of(new Toy()).under(new AbiVersion(1, 0));

    /** Everything that the toy does can be told from its report. */
    @Test
    void tellsEverythingThatAGuestCanSee() {
        assertEquals("""
            # toy, ABI 1.0: what a guest sees
            slot = shelf
            window = 0x4
            node name = toy
            node compatible = sterna,toy
            reset interrupt = low
            reset read others/1 = 00
            reset read others/2 = 0000
            reset read others/4 = 00000000
            reset read 0x000/1 = 03
            reset read 0x003/1 = 01
            reset reading 0x003/1 makes 0x003/1 = 02
            reset writing-ones 0x002/1 makes interrupt = high
            reset writing-ones 0x002/1 makes 0x002/1 = 0f
            """, probe.run().text());
    }

    @Test
    void aSituationIsToldWhereItDiffers() {
        ProbeReport report = probe.after("written", guest -> guest.write(Toy.SCRATCH, 1, 0x05))
            .observing("looked", guest -> guest.observe("level", guest.read(Toy.LEVEL, 1))).run();
        assertEquals("05", report.facts().get("written read 0x002/1"));
        assertEquals("00", report.facts().get("written writing-zeroes 0x002/1 makes 0x002/1"));
        assertEquals("3", report.facts().get("looked level"));
        assertEquals(null, report.facts().get("written read 0x000/1"));
    }

    @Test
    void aDriverThatCannotGoOnIsAFact() {
        assertEquals("no such thing", probe.observing("lost", guest -> {
            throw new AssertionError("no such thing");
        }).run().facts().get("lost stopped"));
    }

    @Test
    void theSameDeviceGivesTheSameReport() {
        assertEquals(probe.run(), probe.run());
    }

    @Test
    void aReportIsReadBack() {
        ProbeReport report = probe.run();
        assertEquals(report, ProbeReport.parse(report.text()));
        assertEquals(List.of(), report.changesSince(ProbeReport.parse(report.text())));
        assertThrows(IllegalArgumentException.class, () -> ProbeReport.parse(""));
        assertEquals("line 3: not a fact, or one that was told before", assertThrows(IllegalArgumentException.class,
            () -> ProbeReport.parse("# toy, ABI 1.0: what a guest sees\na = 1\na = 2\n")).getMessage());
    }

    @Test
    void aRegisterThatWasLikeTheOthersIsComparedWithThem() {
        ProbeReport now = probe.madeBy(Mutant.of(new Toy()).reading(Toy.SCRATCH, 1, value -> value | 0x80)).run();
        assertEquals("reset read 0x002/1: was 00, is 80 (bit 7 is now 1)",
            now.changesSince(probe.run()).getFirst().describe(new Toy().model()));
    }
}
