package org.sterna.machine.virt.internal.sbi;

import java.util.function.LongPredicate;

/**
 * What firmware this is (SBI 2.0, chapter 4).
 *
 * @param firmware what it says it is
 * @param offered  whether there is an extension of a number
 */
record BaseExtension(Firmware firmware, LongPredicate offered) implements Extension {
    /** The control register {@code mvendorid}; {@code marchid} and {@code mimpid} follow. */
    private static final int VENDOR = 0xf11;

    @Override
    public long id() {
        return 0x10;
    }

    @Override
    public Answer call(Call call) {
        return switch (call.function()) {
            case 0 -> Answer.of((long) firmware.specification() << 24);
            case 1 -> Answer.of(firmware.implementation());
            case 2 -> Answer.of(firmware.version());
            case 3 -> Answer.of(offered.test(call.argument(0)) ? 1 : 0);
            case 4, 5, 6 -> Answer.of(call.caller().controlRegister(VENDOR + call.function() - 4));
            default -> Answer.NOT_SUPPORTED;
        };
    }
}
