package org.sterna.machine.virt.internal.boot;

import java.util.List;

/**
 * What of a device tree follows from the properties of the board.
 *
 * @param model        the root's {@code model}
 * @param compatible   the root's {@code compatible}, most specific first
 * @param timebase     the frequency of the time counter in Hz
 * @param sources      the number of the PLIC's last interrupt source
 * @param seed         whether the kernel gets a seed for its random numbers
 * @param testFinisher whether there is a test finisher, by which the machine is switched off and restarted
 * @param rtc          whether there is a real-time clock
 */
public record BoardTree(String model, List<String> compatible, long timebase, int sources, boolean seed,
        boolean testFinisher, boolean rtc) {
    /** Copies the list. */
    public BoardTree {
        compatible = List.copyOf(compatible);
    }
}
