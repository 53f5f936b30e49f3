package org.sterna.migration.internal.transport;

import java.time.Duration;

/**
 * How long a side waits (specification, section 9).
 *
 * @param handshake for a connection, and then for the peer's preamble and capabilities, as long as not even a byte of them comes
 * @param silence   without any byte from a peer, or any byte taken by it
 * @param keepalive after which a side that has nothing to say gives a sign of life
 * @param step      for one answer of a peer that is alive
 * @param reattach  for the destination to let go of disks after the line has broken
 * @param progress  for a source between READY and FINISH that sends nothing but signs of life
 */
public record Timeouts(Duration handshake, Duration silence, Duration keepalive, Duration step, Duration reattach,
        Duration progress) {
    /** What the specification recommends. */
    public static final Timeouts DEFAULT = new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(10),
        Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofMinutes(5));

    /** With the recommended time for progress. */
    public Timeouts(Duration handshake, Duration silence, Duration keepalive, Duration step, Duration reattach) {
        this(handshake, silence, keepalive, step, reattach, Duration.ofMinutes(5));
    }
}
