package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Hello;
import org.sterna.migration.internal.wire.Preamble;

/**
 * How every conversation begins, on both sides.
 *
 * @param common the capabilities that both sides have
 * @param ahead  how far this side's clock is ahead of the peer's, if the peer says what time it is
 */
record Handshake(Capabilities common, Optional<Duration> ahead) {
    /** Agrees on the protocol version and on the capabilities. */
    static Handshake perform(Connection connection, Preamble ours, Capabilities offered) throws Failure {
        ours.agree(connection.peer(), connection.exchange(ours));
        connection.send(FrameType.HELLO, new Hello(offered, Optional.of(Instant.now())).encode());
        Hello theirs = Hello.decode(connection.hello());
        Instant now = Instant.now();
        Capabilities common = offered.with(connection.peer(), theirs.capabilities());
        connection.keepAlive();
        return new Handshake(common, theirs.wallTime().map(time -> Duration.between(time, now)));
    }
}
