package org.sterna.itests.translator.internal;

import org.osgi.service.component.annotations.Component;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;
import org.sterna.machine.translator.Translates;
import org.sterna.machine.translator.Translator;

/** State version 3 has the system-time register, whose lowest bit is a switch, in two fields. */
@Component
@Translates(type = "pvclock", older = 2, newer = 3)
public final class PvclockTranslator implements Translator<PvclockState2, PvclockState3> {
    private static final long ENABLE = 1;

    @Override
    public StateType<PvclockState2> older() {
        return StateType.of("pvclock", PvclockState2.class);
    }

    @Override
    public StateType<PvclockState3> newer() {
        return StateType.of("pvclock", PvclockState3.class);
    }

    @Override
    public PvclockState3 toNewer(PvclockState2 state) {
        return new PvclockState3(state.clock(), state.wallClock(), state.systemTime() & ~ENABLE,
            (state.systemTime() & ENABLE) != 0);
    }

    @Override
    public PvclockState2 toOlder(PvclockState3 state) throws StateException {
        if ((state.timePage() & ENABLE) != 0) {
            throw new StateException("timePage", "an odd address cannot be told from one that is enabled");
        }
        return new PvclockState2(state.clock(), state.timePage() | (state.enabled() ? ENABLE : 0), state.wallClock());
    }
}
