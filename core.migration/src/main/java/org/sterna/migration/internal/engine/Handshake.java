package org.sterna.migration.internal.engine;

import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Preamble;

/** How every conversation begins, on both sides. */
final class Handshake {
    private Handshake() {
    }

    /** Agrees on the protocol version and returns the capabilities that both sides have. */
    static Capabilities perform(Connection connection, Preamble ours, Capabilities offered) throws Failure {
        ours.agree(connection.peer(), connection.exchange(ours));
        connection.send(FrameType.HELLO, offered.encode());
        var theirs = Capabilities.decode(connection.hello());
        Capabilities common = offered.with(connection.peer(), theirs);
        connection.keepAlive();
        return common;
    }
}
