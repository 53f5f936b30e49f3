package org.sterna.launcher.internal.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.launcher.internal.Verdicts;
import org.sterna.migration.Verdict;

class VerdictTextTest {
    @Test
    void showsWhatIsDroppedAndWhyThatIsLossless() {
        assertEquals("""
            PART        TYPE     BUNDLE          STATE   VERDICT
            /pvclock@0  pvclock  1.1.0 -> 1.0.0  2 -> 1  OK-IF
                drops systemTime: it has its default, 0
            /serial@0   serial   1.1.0 -> 1.0.0  1 -> 1  OK
                takes the reader's default for scratch

            OK-IF: nothing is lost as long as these keep their defaults: /pvclock@0.systemTime
            """, VerdictText.of(Verdicts.okIf()));
    }

    @Test
    void showsWhatIsLostByTheOperatorsWord() {
        assertEquals("""
            PART        TYPE     BUNDLE          STATE   VERDICT
            /pvclock@0  pvclock  1.1.0 -> 1.0.0  2 -> 1  LOSSY-ACCEPTED
                drops systemTime: it is lost, which the operator accepts
                drops wallClock: it has its default, 0

            LOSSY-ACCEPTED: lost, as accepted: /pvclock@0.systemTime; nothing else as long as these keep their defaults: \
            /pvclock@0.wallClock
              sterna: its clock is 3 s ahead
            """, VerdictText.of(Verdicts.accepted()));
    }

    @Test
    void showsWhatIsTranslatedAndByWhom() {
        assertEquals("""
            PART        TYPE     BUNDLE          STATE   VERDICT
            /pvclock@0  pvclock  2.0.0 -> 1.2.0  3 -> 2  OK
                translated there by com.example.translator 1.0.0

            OK: nothing is lost
            """, VerdictText.of(Verdicts.translated()));
    }

    @Test
    void showsReasonsWithTheirRemedies() {
        assertEquals("""
            PART        TYPE     BUNDLE         STATE      VERDICT
            /pvclock@0  pvclock  1.1.0 -> none  2 -> none  BLOCKED

            BLOCKED: not possible
              /pvclock@0.systemTime: the reader has no place for it
                  remedy: update the reader
            """, VerdictText.of(Verdicts.refusing(Verdict.Outcome.BLOCKED)));
    }

    @Test
    void showsWhatWouldBeInstalledAndWhatHasBeen() {
        assertEquals("""
                  remedy: update the reader
              /pvclock@0: would install there: org.sterna.device.pvclock 1.1.0
              would install there: library 1.0.0
            """, VerdictText.of(Verdicts.provisioning(false)).lines().skip(5).collect(Collectors.joining("\n", "", "\n")));
        assertTrue(VerdictText.of(Verdicts.provisioning(true)).endsWith("  installed there: library 1.0.0\n"));
    }

    @Test
    void jsonKeepsEverything() {
        for (Verdict verdict : new Verdict[] {Verdicts.okIf(), Verdicts.translated(), Verdicts.accepted(), Verdicts.refusing(Verdict.Outcome.LOSSY),
                Verdicts.provisioning(true)}) {
            assertEquals(verdict, VerdictJson.read(VerdictJson.write(verdict)));
        }
        assertThrows(IllegalArgumentException.class, () -> VerdictJson.read(Json.object()));
    }
}
