package org.sterna.migration.internal.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each frame of a conversation in its place is accepted, and every other one there is refused. */
class MessageOrderTest {
    private static final List<FrameType> WHOLE = List.of(FrameType.HELLO, FrameType.MANIFEST, FrameType.VERDICT,
        FrameType.START,
        FrameType.READY, FrameType.PAGES, FrameType.ROUND, FrameType.ROUND_DONE, FrameType.PAGES, FrameType.SECTION,
        FrameType.SECTION, FrameType.FINISH, FrameType.LOADED, FrameType.COMMIT, FrameType.TAKEN, FrameType.RUNNING);

    private static Preamble.Role other(Preamble.Role role) {
        return role == Preamble.Role.SOURCE ? Preamble.Role.DESTINATION : Preamble.Role.SOURCE;
    }

    /** A side that has seen the first frames of a conversation. */
    private static MessageOrder after(Preamble.Role self, int frames) {
        var order = new MessageOrder();
        for (FrameType type : WHOLE.subList(0, frames)) {
            if (type == FrameType.HELLO) {
                order.sent(type);
            }
            if (type.isFrom(other(self))) {
                assertEquals("", order.arrived(type, other(self)), type + " for the " + self);
            } else {
                order.sent(type);
            }
        }
        return order;
    }

    /** The frames that a side takes after the first frames of a conversation. */
    private static Set<FrameType> taken(Preamble.Role self, int frames) {
        var taken = EnumSet.noneOf(FrameType.class);
        for (FrameType type : FrameType.values()) {
            if (after(self, frames).arrived(type, other(self)).isEmpty()) {
                taken.add(type);
            }
        }
        return taken;
    }

    @Test
    void aDestinationTakesOnlyWhatMayFollow() {
        var copying = EnumSet.of(FrameType.PAGES, FrameType.ROUND, FrameType.SECTION, FrameType.FINISH);
        List<Set<FrameType>> expected = List.of(EnumSet.of(FrameType.HELLO), EnumSet.of(FrameType.MANIFEST), Set.of(),
            EnumSet.of(FrameType.START, FrameType.BYE), Set.of(), copying, copying, EnumSet.of(FrameType.PAGES),
            copying, copying,
            EnumSet.of(FrameType.SECTION, FrameType.FINISH), EnumSet.of(FrameType.SECTION, FrameType.FINISH), Set.of(),
            EnumSet.of(FrameType.COMMIT));
        for (int frames = 0; frames < expected.size(); frames++) {
            var whole = new ArrayList<>(expected.get(frames));
            whole.add(FrameType.ERROR);
            if (frames > 0) {
                whole.add(FrameType.KEEPALIVE);
                whole.add(FrameType.CANCEL);
            }
            assertEquals(EnumSet.copyOf(whole), taken(Preamble.Role.DESTINATION, frames), "after " + frames
                + " frames");
        }
        // After COMMIT a source has nothing more to say.
        for (int frames = WHOLE.indexOf(FrameType.COMMIT) + 1; frames <= WHOLE.size(); frames++) {
            assertEquals(EnumSet.of(FrameType.KEEPALIVE), taken(Preamble.Role.DESTINATION, frames), "after " + frames
                + " frames");
        }
    }

    @Test
    void aSourceTakesOnlyTheAnswerToWhatItHasAsked() {
        for (int frames = 1; frames < WHOLE.size(); frames++) {
            var expected = EnumSet.of(FrameType.ERROR, FrameType.KEEPALIVE);
            FrameType next = WHOLE.get(frames);
            if (next.isFrom(Preamble.Role.DESTINATION)) {
                expected.add(next);
            }
            assertEquals(expected, taken(Preamble.Role.SOURCE, frames), "after " + frames + " frames");
        }
    }

    @Test
    void framesOfUnknownTypeAreForOthersToJudgeAfterHello() {
        assertEquals("HELLO", new MessageOrder().arrived(null, Preamble.Role.SOURCE));
        for (int frames = 1; frames <= WHOLE.size(); frames++) {
            assertTrue(after(Preamble.Role.DESTINATION, frames).arrived(null, Preamble.Role.SOURCE).isEmpty());
        }
    }

    @Test
    void whatHasItsPlaceInsteadIsNamed() {
        assertEquals("PAGES or ROUND or SECTION or FINISH",
            after(Preamble.Role.DESTINATION, 5).arrived(FrameType.COMMIT, Preamble.Role.SOURCE));
        assertEquals("nothing of it",
            after(Preamble.Role.SOURCE, 6).arrived(FrameType.ROUND_DONE, Preamble.Role.DESTINATION));
    }
}
