package org.sterna.device.serial.internal;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import org.sterna.machine.device.Connections;

/**
 * A listening socket with one peer at a time; who connects meanwhile waits until the peer has gone. What is sent while
 * there is no peer is dropped. A peer that does not read holds the transmitter up, as a modem's flow control would,
 * until it reads on or goes.
 */
final class SocketLink implements Link {
    /** Small, so that the guest notices soon that its peer does not read, and little is lost with the peer. */
    private static final int SEND_BUFFER = 1 << 16;
    private static final long RETRY_MILLIS = 1000;
    private static final System.Logger LOG = System.getLogger(SocketLink.class.getName());
    /** What a successor is passed, of whatever version. */
    private static final String LISTENING = "listening";
    private static final String PEER = "peer";
    private static final String UNSENT = "unsent";

    private final ServerSocketChannel server;
    private final Selector selector;
    private final SelectionKey accepting;
    private final Runnable whenClosed;
    private volatile SocketChannel peer;
    private byte[] unsent = NOTHING;
    /** Whether somebody has connected and could not be accepted so far. */
    private volatile boolean refused;

    /**
     * A link with the peers of a listening socket, which it closes in the end.
     *
     * @param whenClosed runs after the socket has been closed
     */
    SocketLink(ServerSocketChannel server, Runnable whenClosed) throws IOException {
        this.server = server;
        this.whenClosed = whenClosed;
        server.configureBlocking(false);
        selector = Selector.open();
        accepting = server.register(selector, SelectionKey.OP_ACCEPT);
    }

    /** Whether a predecessor has passed on a socket to go on with. */
    static boolean canGoOn(Connections passedOn) {
        return passedOn.channels().get(LISTENING) instanceof ServerSocketChannel listening && listening.isOpen();
    }

    /** Goes on with the socket and the peer of a predecessor; nothing is left open if that fails. */
    static SocketLink goOn(Connections passedOn, Runnable whenClosed) throws IOException {
        try {
            var link = new SocketLink((ServerSocketChannel) passedOn.channels().get(LISTENING), whenClosed);
            if (passedOn.channels().get(PEER) instanceof SocketChannel connected && connected.isOpen()) {
                link.connect(connected);
                if (passedOn.channels().get(UNSENT) instanceof ReadableByteChannel bytes) {
                    link.unsent = Channels.newInputStream(bytes).readAllBytes();
                }
            }
            return link;
        } catch (IOException | RuntimeException e) {
            passedOn.close();
            throw e;
        }
    }

    @Override
    public int write(byte[] bytes, int count) {
        SocketChannel to = peer;
        if (to == null) {
            return count;
        }
        try {
            return to.write(ByteBuffer.wrap(bytes, 0, count));
        } catch (IOException e) {
            drop(to);
            return count;
        }
    }

    @Override
    public boolean awaitInput() throws IOException {
        try {
            while (selector.isOpen() && !Thread.currentThread().isInterrupted()) {
                selector.select(refused ? RETRY_MILLIS : 0);
                selector.selectedKeys().clear();
                if (peer != null) {
                    return true;
                }
                accept();
            }
        } catch (ClosedSelectorException e) {
            // Closed meanwhile.
        }
        return false;
    }

    private synchronized void accept() throws IOException {
        SocketChannel next = next();
        if (next != null) {
            next.configureBlocking(false);
            next.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER);
            connect(next);
        }
    }

    /** Who has connected, if anybody has. If that cannot be had now, for want of file descriptors, it is tried again in a while. */
    private SocketChannel next() throws IOException {
        if (!selector.isOpen()) {
            return null;
        }
        try {
            SocketChannel next = server.accept();
            refused = false;
            accepting.interestOps(SelectionKey.OP_ACCEPT);
            return next;
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            if (!refused) {
                LOG.log(Level.WARNING, "a connection to a serial line cannot be accepted: {0}; tried again until it can be",
                    e.getMessage());
            }
            refused = true;
            // What cannot be accepted stays ready, and would be told of again at once.
            accepting.interestOps(0);
            return null;
        }
    }

    private void connect(SocketChannel next) throws IOException {
        next.register(selector, SelectionKey.OP_READ);
        accepting.interestOps(0);
        peer = next;
    }

    @Override
    public int take(byte[] into, int most) {
        SocketChannel from = peer;
        if (from == null) {
            return 0;
        }
        try {
            int count = from.read(ByteBuffer.wrap(into, 0, most));
            if (count >= 0) {
                return count;
            }
        } catch (IOException e) {
            // The peer has gone without saying so.
        }
        drop(from);
        return 0;
    }

    private synchronized void drop(SocketChannel gone) {
        close(gone);
        if (peer == gone) {
            peer = null;
            if (accepting.isValid()) {
                accepting.interestOps(SelectionKey.OP_ACCEPT);
                selector.wakeup();
            }
        }
    }

    @Override
    public synchronized Connections passOn(byte[] rest) {
        if (!selector.isOpen()) {
            return Connections.NONE;
        }
        close(selector);
        return new Connections(peer == null ? Map.of(LISTENING, server) : Map.of(LISTENING, server, PEER, peer,
            UNSENT, Channels.newChannel(new ByteArrayInputStream(rest))));
    }

    @Override
    public byte[] unsent() {
        byte[] bytes = unsent;
        unsent = NOTHING;
        return bytes;
    }

    @Override
    public synchronized void close() {
        if (!selector.isOpen()) {
            return;
        }
        close(server);
        close(selector);
        SocketChannel last = peer;
        if (last != null) {
            peer = null;
            close(last);
        }
        whenClosed.run();
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
