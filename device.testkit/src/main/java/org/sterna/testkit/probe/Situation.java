package org.sterna.testkit.probe;

import java.util.function.Consumer;

/**
 * A state that a guest brings a device into, in which the probe then looks at it. Steps are taken from power-on with
 * empty memory and the time at 0, and must do the same each time.
 *
 * @param name    lower case words joined by hyphens, the first words of each fact about it
 * @param studied whether the registers are looked at, for which the steps are taken many times; otherwise only what the
 *                steps note
 * @param steps   what the guest does
 */
public record Situation(String name, boolean studied, Consumer<ProbeGuest> steps) {
    /** After power-on, before the guest has done anything. */
    static final Situation RESET = new Situation("reset", true, guest -> { });

    /** Checks the name. */
    public Situation {
        if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")) {
            throw new IllegalArgumentException("not the name of a situation: '" + name + "'");
        }
    }
}
