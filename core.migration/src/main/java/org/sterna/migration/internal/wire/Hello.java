package org.sterna.migration.internal.wire;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.sterna.machine.cbor.Cbor;

/**
 * The payload of a HELLO frame (specification, section 5.1).
 *
 * @param capabilities what its sender can do
 * @param wallTime     when it was sent by its sender's clock, if that says so; a file's does not
 */
public record Hello(Capabilities capabilities, Optional<Instant> wallTime) {
    private static final long NANOS = 1_000_000_000L;

    /** The bytes. */
    public byte[] encode() {
        Map<String, Object> tree = capabilities.tree();
        wallTime.filter(time -> !time.isBefore(Instant.EPOCH)).ifPresent(time ->
            tree.put("wall-time", Math.addExact(Math.multiplyExact(time.getEpochSecond(), NANOS), time.getNano())));
        return Cbor.encode(tree);
    }

    /** The message of a frame. */
    public static Hello decode(Node node) throws Failure {
        Node time = node.get("wall-time");
        Optional<Instant> wallTime = Optional.empty();
        if (time.present()) {
            long nanos = time.count();
            wallTime = Optional.of(Instant.ofEpochSecond(nanos / NANOS, nanos % NANOS));
        }
        return new Hello(Capabilities.decode(node), wallTime);
    }
}
