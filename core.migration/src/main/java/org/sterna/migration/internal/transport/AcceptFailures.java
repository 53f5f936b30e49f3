package org.sterna.migration.internal.transport;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.migration.Endpoint;

/**
 * Tells of connections that a listening socket could not accept, most often because this process has no file descriptors left:
 * once for as long as that lasts. It stands behind Netty's own handler, which then accepts nothing for a second.
 */
final class AcceptFailures extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(AcceptFailures.class);
    /** Failures that are further apart have nothing to do with each other. */
    private static final Duration APART = Duration.ofMinutes(1);

    private final Endpoint endpoint;
    private final Runnable failed;
    /** When it failed last; of the channel's thread. */
    private long last = System.nanoTime() - APART.toNanos();

    /**
     * Those of a socket.
     *
     * @param failed runs after each, on the channel's thread
     */
    AcceptFailures(Endpoint endpoint, Runnable failed) {
        this.endpoint = endpoint;
        this.failed = failed;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        long now = System.nanoTime();
        if (now - last >= APART.toNanos()) {
            LOG.warn("{}: a connection cannot be accepted: {}; tried again every second", endpoint, Transport.words(cause));
        }
        last = now;
        failed.run();
    }
}
