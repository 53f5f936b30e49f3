package org.sterna.testkit.probe;

import java.util.List;
import java.util.Map;

/**
 * What a probe knows of a kind of window beyond its registers: what it offers, and how a driver sets it up. A kind is
 * found by what the window shows, never by the type of the device.
 */
sealed interface Protocol permits Protocol.PlainRegisters, VirtioMmioWindow {
    /** The protocol that a device that has been reset speaks. */
    static Protocol of(ProbeGuest guest) {
        return VirtioMmioWindow.isAt(guest) ? VirtioMmioWindow.of(guest) : new PlainRegisters();
    }

    /** Reports what it offers. */
    void report(ProbeGuest guest, Map<String, String> facts);

    /** The situations after a standard initialisation. */
    List<Situation> initialisations();

    /** A window of which nothing is known: all that it shows are its registers. */
    record PlainRegisters() implements Protocol {
        @Override
        public void report(ProbeGuest guest, Map<String, String> facts) {
        }

        @Override
        public List<Situation> initialisations() {
            return List.of();
        }
    }
}
