package org.sterna.machine.virt.internal.sbi;

import java.util.function.LongPredicate;

/**
 * What firmware this is (SBI 2.0, chapter 4).
 *
 * @param offered whether there is an extension of a number
 */
record BaseExtension(LongPredicate offered) implements Extension {
    private static final long SPECIFICATION = 2 << 24;
    /** Not one of the registered numbers, which belong to other firmware: "STNA". */
    private static final long IMPLEMENTATION = 0x5354_4e41;
    private static final long IMPLEMENTATION_VERSION = 1 << 16;

    @Override
    public long id() {
        return 0x10;
    }

    @Override
    public Answer call(Call call) {
        return switch (call.function()) {
            case 0 -> Answer.of(SPECIFICATION);
            case 1 -> Answer.of(IMPLEMENTATION);
            case 2 -> Answer.of(IMPLEMENTATION_VERSION);
            case 3 -> Answer.of(offered.test(call.argument(0)) ? 1 : 0);
            // mvendorid, marchid and mimpid of a processor that is not a product.
            case 4, 5, 6 -> Answer.of(0);
            default -> Answer.NOT_SUPPORTED;
        };
    }
}
