package org.sterna.machine.virt.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;
import org.sterna.machine.time.GuestClock;

/** No access of a guest makes the board throw, or brings it into a state that another board could not take over. */
class HostileGuestTest {
    private static final StateType<VirtState> STATE = StateType.of("virt", VirtState.class);
    private static final int HARTS = 3;
    private BoardBench bench;
    private BoardBench other;

    /** One access, or a change of a device's line. */
    record Step(int kind, int region, long offset, int shift, long value) {
    }

    @BeforeProperty
    void open() {
        long[] hostTime = {0};
        bench = new BoardBench(HARTS, 1 << 20, Map.of(), BoardBench.standing(hostTime));
        // Its time never runs, so that an alarm that is due does not change its state.
        other = new BoardBench(HARTS, 1 << 20, Map.of(), new GuestClock());
    }

    @AfterProperty
    void close() {
        bench.close();
        other.close();
    }

    @Property(tries = 500)
    void anyAccessIsServed(@ForAll("steps") List<Step> steps) throws StateException {
        for (Step step : steps) {
            int size = 1 << step.shift();
            MmioBus.Region region = bench.bus().regions().get(step.region());
            long address = region.base() + Math.floorMod(step.offset(), region.size()) / size * size;
            long mask = -1L >>> 64 - 8 * size;
            switch (step.kind()) {
                case 0 -> bench.write(address, size, step.value() & mask);
                case 1 -> assertEquals(0, bench.read(address, size) & ~mask, "zero-extended");
                default -> bench.board().slot("platform", (int) (step.value() & 15)).interrupt().set(step.value() < 0);
            }
        }
        VirtState state = bench.board().state();
        other.board().restore(STATE.fromTree(STATE.toTree(state)));
        assertEquals(state, other.board().state(), "the state survives");
    }

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<Long> offsets = Arbitraries.oneOf(Arbitraries.longs(), Arbitraries.longs().between(0, 0x400),
            Arbitraries.longs().between(0x1000, 0x2400), Arbitraries.longs().between(0x20_0000, 0x20_6008),
            Arbitraries.longs().between(0x4000, 0x4020), Arbitraries.longs().between(0, 0x20));
        return Combinators.combine(Arbitraries.integers().between(0, 2), Arbitraries.integers().between(0, 3),
            offsets, Arbitraries.integers().between(0, 3), Arbitraries.longs()).as(Step::new).list().ofMaxSize(60);
    }
}
