package org.sterna.migration.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Machine;
import org.sterna.machine.Machine.Phase;

/** Nothing is kept of a machine that has been closed, whenever that was. */
class MachineEntriesTest {
    private final MachineEntries<StringBuilder> entries = new MachineEntries<>(StringBuilder::new);
    private final List<Consumer<Phase>> listeners = new ArrayList<>();
    private Phase phase = Phase.RUNNING;
    private final Machine machine = (Machine) Proxy.newProxyInstance(Machine.class.getClassLoader(), new Class<?>[] {Machine.class},
        (proxy, method, arguments) -> switch (method.getName()) {
            case "phase" -> phase;
            case "onPhase" -> {
                @SuppressWarnings("unchecked")
                var listener = (Consumer<Phase>) arguments[0];
                listeners.add(listener);
                yield (AutoCloseable) () -> listeners.remove(listener);
            }
            case "hashCode" -> 1;
            case "equals" -> proxy == arguments[0];
            default -> throw new UnsupportedOperationException(method.getName());
        });

    private void become(Phase next) {
        phase = next;
        listeners.forEach(listener -> listener.accept(next));
    }

    @Test
    void thereIsOneEntryForAMachineUntilItIsClosed() {
        assertEquals(Optional.empty(), entries.existing(machine));
        StringBuilder entry = entries.of(machine);
        become(Phase.PAUSED);
        assertSame(entry, entries.of(machine));
        assertSame(entry, entries.existing(machine).orElseThrow());
        assertEquals(1, listeners.size());
        become(Phase.CLOSED);
        assertEquals(Optional.empty(), entries.existing(machine));
    }

    @Test
    void whoAsksAboutAClosedMachineGetsAnEntryThatIsNotKept() {
        become(Phase.CLOSED);
        assertNotNull(entries.of(machine));
        assertTrue(entries.existing(machine).isEmpty());
    }
}
