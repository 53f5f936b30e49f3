package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;

/** Where frames go: a line to a peer, or a file. One thread sends. */
public interface Outlet {
    /** What frames are made of. */
    ByteBufAllocator allocator();

    /** Sends a sealed frame, which it takes over, once there is room for it. */
    void send(ByteBuf frame) throws Failure;

    /** Waits, unless it ends first. */
    void pause(Duration time) throws Failure;
}
