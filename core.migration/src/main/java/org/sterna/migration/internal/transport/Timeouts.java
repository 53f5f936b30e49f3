package org.sterna.migration.internal.transport;

import java.time.Duration;

/**
 * How long a side waits (specification, section 9).
 *
 * @param handshake for a connection, and then for the peer's preamble and capabilities
 * @param silence   without any sign of life
 * @param keepalive after which a side that has nothing to say gives a sign of life
 * @param step      for one answer of a peer that is alive
 * @param reattach  for the destination to let go of disks after the line has broken
 */
public record Timeouts(Duration handshake, Duration silence, Duration keepalive, Duration step, Duration reattach) {
    /** What the specification recommends. */
    public static final Timeouts DEFAULT = new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(10),
        Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofSeconds(20));
}
