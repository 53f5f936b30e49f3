package org.sterna.machine.virt.internal.sbi;

import org.sterna.machine.virt.internal.interrupt.HartInputs;

/**
 * Interrupts from hart to hart (SBI 2.0, chapter 7). The receiver clears its pending bit itself.
 *
 * @param harts  which harts run
 * @param inputs their inputs
 */
record IpiExtension(HartStates harts, HartInputs inputs) implements Extension {
    @Override
    public long id() {
        return StandardExtension.IPI.id();
    }

    @Override
    public Answer call(Call call) {
        if (call.function() != 0) {
            return Answer.NOT_SUPPORTED;
        }
        int[] receivers = harts.running(call.argument(0), call.argument(1));
        if (receivers == null) {
            return Answer.INVALID_PARAMETER;
        }
        for (int hart : receivers) {
            inputs.set(hart, HartInputs.SUPERVISOR_SOFTWARE, true);
        }
        return Answer.SUCCESS;
    }
}
