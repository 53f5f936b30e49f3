package org.sterna.machine.virt.internal.sbi;

import org.sterna.machine.board.BoardContext;

/**
 * Shutdown and restart (SBI 2.0, chapter 10).
 *
 * @param context what can do it
 */
record SystemResetExtension(BoardContext context) implements Extension {
    private static final int SHUTDOWN = 0;
    private static final int COLD_REBOOT = 1;
    private static final int WARM_REBOOT = 2;
    private static final long SYSTEM_FAILURE = 1;

    @Override
    public long id() {
        return StandardExtension.SRST.id();
    }

    @Override
    public Answer call(Call call) {
        if (call.function() != 0) {
            return Answer.NOT_SUPPORTED;
        }
        long reason = call.argument(1) & 0xffff_ffffL;
        if (reason > SYSTEM_FAILURE) {
            return Answer.INVALID_PARAMETER;
        }
        switch ((int) call.argument(0)) {
            case SHUTDOWN -> {
                if (reason == SYSTEM_FAILURE) {
                    context.panic("the guest has switched itself off after a failure");
                } else {
                    context.powerOff("the guest has switched itself off");
                }
            }
            case COLD_REBOOT, WARM_REBOOT -> context.restart();
            default -> {
                return Answer.INVALID_PARAMETER;
            }
        }
        // The call never returns to its caller.
        call.caller().halt();
        return Answer.NONE;
    }
}
