package org.sterna.machine.virt.internal.sbi;

import java.util.List;
import org.sterna.machine.virt.internal.interrupt.Comparator;

/**
 * Each hart's timer (SBI 2.0, chapter 6).
 *
 * @param timers the comparators, one per hart
 */
record TimeExtension(List<Comparator> timers) implements Extension {
    @Override
    public long id() {
        return StandardExtension.TIME.id();
    }

    @Override
    public Answer call(Call call) {
        if (call.function() != 0) {
            return Answer.NOT_SUPPORTED;
        }
        timers.get(call.hart()).set(call.argument(0));
        return Answer.SUCCESS;
    }
}
