package org.sterna.machine.virt.internal.sbi;

import org.sterna.machine.board.BoardContext;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.virt.internal.interrupt.HartInputs;
import org.sterna.machine.virt.internal.sbi.HartStates.State;

/**
 * Hart state management (SBI 2.0, chapter 9).
 *
 * @param harts   which harts run
 * @param inputs  where the harts are
 * @param context how to reach another hart's thread
 */
record HartStateExtension(HartStates harts, HartInputs inputs, BoardContext context) implements Extension {
    private static final long RETENTIVE = 0;
    private static final long NON_RETENTIVE = 0x8000_0000L;

    @Override
    public long id() {
        return StandardExtension.HSM.id();
    }

    @Override
    public Answer call(Call call) {
        return switch (call.function()) {
            case 0 -> start(call.argument(0), call.argument(1), call.argument(2));
            case 1 -> stop(call);
            case 2 -> exists(call.argument(0)) ? Answer.of(harts.get((int) call.argument(0)).ordinal())
                : Answer.INVALID_PARAMETER;
            case 3 -> suspend(call);
            default -> Answer.NOT_SUPPORTED;
        };
    }

    private boolean exists(long hart) {
        return hart >= 0 && hart < harts.count();
    }

    private Answer start(long number, long address, long opaque) {
        if (!exists(number)) {
            return Answer.INVALID_PARAMETER;
        }
        if (!context.memory().contains(address, 2) || (address & 1) != 0) {
            return Answer.INVALID_ADDRESS;
        }
        int hart = (int) number;
        if (harts.exchange(hart, State.STOPPED, State.START_PENDING) != State.STOPPED) {
            return Answer.ALREADY_AVAILABLE;
        }
        Processor<?> target = inputs.harts().get(hart);
        context.atSafePoint(target, () -> {
            boot(target, hart, address, opaque);
            harts.set(hart, State.STARTED);
        });
        return Answer.SUCCESS;
    }

    /** Starts a hart in supervisor mode, with address translation and interrupts off. */
    private static void boot(Processor<?> processor, int hart, long address, long opaque) {
        processor.reset();
        processor.boot(address, hart, opaque);
    }

    private Answer stop(Call call) {
        harts.set(call.hart(), State.STOPPED);
        call.caller().halt();
        return Answer.NONE;
    }

    /** A suspended hart may resume for any reason, as from WFI; this one resumes at once. */
    private Answer suspend(Call call) {
        long type = call.argument(0) & 0xffff_ffffL;
        if (type == RETENTIVE) {
            return Answer.SUCCESS;
        }
        if (type != NON_RETENTIVE) {
            return Answer.INVALID_PARAMETER;
        }
        if (!context.memory().contains(call.argument(1), 2) || (call.argument(1) & 1) != 0) {
            return Answer.INVALID_ADDRESS;
        }
        boot(call.caller(), call.hart(), call.argument(1), call.argument(2));
        return Answer.NONE;
    }
}
