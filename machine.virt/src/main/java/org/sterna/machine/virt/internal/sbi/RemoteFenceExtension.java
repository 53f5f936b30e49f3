package org.sterna.machine.virt.internal.sbi;

import org.sterna.machine.board.BoardContext;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.virt.internal.interrupt.HartInputs;

/**
 * FENCE.I and SFENCE.VMA on other harts (SBI 2.0, chapter 8). A processor forgets all translations, whatever range or
 * address space is named: more than asked for is always right.
 *
 * @param harts   which harts run
 * @param inputs  where the harts are
 * @param context how to reach another hart's thread
 */
record RemoteFenceExtension(HartStates harts, HartInputs inputs, BoardContext context) implements Extension {
    @Override
    public long id() {
        return StandardExtension.RFENCE.id();
    }

    @Override
    public Answer call(Call call) {
        // 0: FENCE.I, 1: SFENCE.VMA, 2: SFENCE.VMA with ASID; from 3 on for hypervisors.
        if (call.function() < 0 || call.function() > 2) {
            return Answer.NOT_SUPPORTED;
        }
        int[] targets = harts.running(call.argument(0), call.argument(1));
        if (targets == null) {
            return Answer.INVALID_PARAMETER;
        }
        for (int hart : targets) {
            Processor<?> target = inputs.harts().get(hart);
            context.atSafePoint(target, target::forgetTranslations);
        }
        return Answer.SUCCESS;
    }
}
