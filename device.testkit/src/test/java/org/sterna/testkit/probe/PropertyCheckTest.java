package org.sterna.testkit.probe;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PropertyCheckTest {
    private static PropertyCheck check(Toy.Fault... faults) {
        return PropertyCheck.of(AbiProbe.of(new Toy(faults))).elsewhere(Map.of("place", "there"));
    }

    private static void assertFound(PropertyCheck check, String finding) {
        String message = assertThrows(AssertionError.class, check::verify).getMessage();
        assertTrue(message.contains(finding), message);
    }

    @Test
    void nothingIsFoundWhereAllIsWell() {
        check().verify();
    }

    @Test
    void aGuestPropertyThatShowsNothing() {
        assertFound(check(Toy.Fault.IGNORES_SHADE), "shade=light shows a guest nothing else than shade=dark");
    }

    @Test
    void aHostPropertyThatTheGuestCanTell() {
        assertFound(check(Toy.Fault.SHOWS_PLACE), "host properties are seen by the guest: place=there: reset read 0x000/1");
    }

    @Test
    void aHostPropertyThatWasNotChanged() {
        assertFound(PropertyCheck.of(AbiProbe.of(new Toy())), "place is a host property and is the same everywhere");
    }

    @Test
    void somethingThatFollowsFromTheVersionAlone() {
        assertFound(check(Toy.Fault.LOOKS_AT_ABI),
            "ABI 1.1 with mark=off,shade=light does not show what ABI 1.0 shows: reset read 0x000/1: was 13, is 03");
    }

    @Test
    void aValueThatNothingCanBeMadeWith() {
        assertFound(check().values("level", "3", "6"), "level=6 is accepted in no setting");
    }
}
