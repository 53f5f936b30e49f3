package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Replacement;
import org.sterna.machine.state.StateException;

/** The bundle of a device in use goes away, and comes back. */
class VanishTest {
    private static final String PATH = "/gadget@0";

    private final Fakes.FakeBoards boards = new Fakes.FakeBoards();
    private final Fakes.Gadgets before = new Fakes.Gadgets("1.0");
    private final Fakes.Gadgets after = new Fakes.Gadgets("1.1");
    private final VirtualMachine machine =
        new VirtualMachine(Fakes.blueprint(boards, new Fakes.FakeProcessors(), before, 1), FileLeases::new, m -> { });

    @BeforeEach
    void runWithValue() {
        machine.attach();
        machine.boot();
        boards.context.bus().find(Fakes.HOLE, 4).handler().write(0, 4, 5);
        before.calls.clear();
    }

    @AfterEach
    void close() {
        machine.close();
    }

    private void comesBack() {
        try (Replacement replacement = machine.replacement(PATH, Fakes.installed(after, after.model(), "2.0.0"), Map.of(),
            () -> true)) {
            assertEquals(0, replacement.perform(new Replacement.Crossing() {
                @Override
                public SortedMap<Long, Object> cross(SortedMap<Long, Object> state) {
                    return state;
                }

                @Override
                public void check(SortedMap<Long, Object> held) {
                    assertEquals(new TreeMap<>(Map.of(1L, 5L)), held);
                }
            }, Duration.ofSeconds(10)));
        }
    }

    @Test
    void theGuestStopsWithItsStateHeldAndGoesOnWithTheNextThatIsCapable() {
        String abi = machine.abi().toJson();
        machine.vanish(new Fakes.Gadgets("1.0"));
        assertEquals(Machine.Phase.RUNNING, machine.phase(), "it has nothing of that one");
        machine.vanish(before);
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        assertEquals(Set.of(PATH), machine.held());
        assertEquals("/gadget@0: its bundle gadget 1.0.0 has gone; its state is kept", machine.why());
        assertEquals(List.of("quiesce", "detach"), before.calls);
        assertNull(boards.context.bus().find(Fakes.HOLE, 4));
        assertEquals(abi, machine.abi().toJson());
        assertEquals(Map.of("file", "none"), machine.hostSettings().get(PATH));
        var part = machine.parts().getLast();
        assertEquals("1.0.0", part.version().toString());
        assertEquals(5L, part.state().get(1L));
        assertThrows(StateException.class, () -> part.restore(part.state()));
        var refused = assertThrows(MachineException.class, machine::resume);
        assertTrue(refused.getMessage().contains("install it again"), refused.getMessage());
        assertThrows(MachineException.class, () -> machine.change(PATH, "capacity", "1"));

        comesBack();
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        assertEquals(Set.of(), machine.held());
        assertEquals("", machine.why());
        assertEquals(List.of("attach", "restore 5", "start"), after.calls);
        assertEquals(5, boards.context.bus().find(Fakes.HOLE, 4).handler().read(0, 4));
    }

    @Test
    void aGuestThatSomebodyHasPausedStaysPaused() {
        machine.pause();
        machine.vanish(before);
        comesBack();
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        machine.resume();
        assertEquals("start", after.calls.getLast());
    }

    @Test
    void somebodyWhoPausesItMeanwhileIsObeyed() {
        machine.vanish(before);
        machine.pause();
        comesBack();
        assertEquals(Machine.Phase.PAUSED, machine.phase());
    }

    @Test
    void oneThatCannotTakeTheStateLeavesItHeld() {
        machine.vanish(before);
        after.onRestore = value -> {
            throw new IllegalArgumentException("no");
        };
        assertThrows(MachineException.class, this::comesBack);
        assertEquals(Set.of(PATH), machine.held());
        assertEquals(Machine.Phase.PAUSED, machine.phase());
        assertEquals("detach", after.calls.getLast());
        after.onRestore = value -> value;
        comesBack();
        assertEquals(Machine.Phase.RUNNING, machine.phase());
    }

    @Test
    void whatWasToTakeOverAndGoesFirstIsNotPutInPlace() {
        try (Replacement replacement = machine.replacement(PATH, Fakes.installed(after, after.model(), "2.0.0"), Map.of(),
            () -> false)) {
            assertThrows(MachineException.class, () -> replacement.perform(null, Duration.ofSeconds(1)));
        }
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        assertFalse(before.calls.contains("quiesce"));
    }

    @Test
    void aMachineThatHasEndedLetsGoToo() {
        machine.pause();
        machine.vanish(before);
        machine.close();
        machine.vanish(before);
        assertEquals(Machine.Phase.CLOSED, machine.phase());
    }
}
