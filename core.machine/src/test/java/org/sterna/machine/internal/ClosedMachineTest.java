package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;

/** Whoever keeps a machine that has been closed keeps neither its processors nor its devices, nor those who listened to it. */
class ClosedMachineTest {
    private final Fakes.FakeBoards boards = new Fakes.FakeBoards();
    private final Fakes.FakeProcessors processors = new Fakes.FakeProcessors();
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
    private final VirtualMachine machine = new VirtualMachine(Fakes.blueprint(boards, processors, gadgets, 2), FileLeases::new,
        closed -> { });
    private final ReferenceQueue<Object> collected = new ReferenceQueue<>();
    private final List<Reference<Object>> parts = new ArrayList<>();

    private void track(Object part) {
        parts.add(new PhantomReference<>(part, collected));
    }

    /** Uses everything that could be kept, so that no variable of the test knows of it. */
    private void use() {
        machine.attach();
        machine.boot();
        processors.made.forEach(this::track);
        track(gadgets.context);
        track(boards.context);
        var listener = new Object();
        track(listener);
        machine.onPhase(phase -> listener.hashCode());
        machine.onOperation(listener::hashCode);
        machine.onIoError(error -> listener.hashCode());
        // A timer that never fires is with the clock.
        gadgets.context.timer(listener::hashCode).arm(Long.MAX_VALUE);
        machine.parts().forEach(part -> assertTrue(part.state().size() > 0));
        machine.pause();
    }

    @Test
    void keepsNothingButWhatCanStillBeAsked() throws Exception {
        use();
        String abi = machine.abi().fingerprint();
        Map<String, Map<String, Object>> host = machine.hostSettings();
        long instructions = machine.instructions();
        machine.close();
        processors.made.clear();
        boards.context = null;
        boards.processors = List.of();
        gadgets.context = null;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        for (int gone = 0; gone < 5;) {
            System.gc();
            gone += collected.remove(100) == null ? 0 : 1;
            assertTrue(System.nanoTime() < deadline, "only " + gone + " of 5 parts have been collected");
        }
        Reference.reachabilityFence(parts);

        assertEquals(Machine.Phase.CLOSED, machine.phase());
        assertEquals(abi, machine.abi().fingerprint());
        assertEquals(host, machine.hostSettings());
        assertEquals(instructions, machine.instructions());
        assertEquals(List.of(), machine.parts());
        assertEquals(Set.of(), machine.held());
        machine.close();
    }
}
