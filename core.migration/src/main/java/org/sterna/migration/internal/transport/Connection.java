package org.sterna.migration.internal.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.sterna.machine.Reason;
import org.sterna.migration.internal.wire.BulkSink;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameReader;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.Node;
import org.sterna.migration.internal.wire.Outlet;
import org.sterna.migration.internal.wire.Preamble;

/**
 * A line to a peer for one thread that sends and receives, blocking: the protocol then reads from top to bottom. What
 * is in flight is bounded in both directions. A peer's ERROR or CANCEL overtakes what came before it.
 */
public final class Connection implements Outlet, AutoCloseable {
    /** For waiting as long as the peer gives signs of life. */
    public static final Duration UNLIMITED = Duration.ofDays(10_000);

    private static final int MAX_INBOUND = 8 << 20;
    /** How long it throws away what still comes after its last words. */
    public static final long LINGER_SECONDS = 5;

    private final Channel channel;
    private final FrameReader reader;
    private final String peer;
    private final Timeouts timeouts;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<Frame> inbound = new ArrayDeque<>();
    private int inboundBytes;
    private Preamble preamble;
    private Preamble.Role role;
    /** Whether the peer's HELLO has been received. */
    private boolean greeted;
    /** What ended the connection; nothing is sent any more. */
    private Failure failure;
    /** Whether what has already come is not worth reading either. */
    private boolean urgent;
    private long lastHeard = System.nanoTime();
    private volatile long lastSent = System.nanoTime();
    private boolean closed;

    Connection(Channel channel, String peer, Timeouts timeouts) {
        this.channel = channel;
        this.peer = peer;
        this.timeouts = timeouts;
        this.reader = new FrameReader(peer);
        channel.config().setRecvByteBufAllocator(reader.receiveBuffers());
        channel.pipeline().addLast(reader, new Inbound());
    }

    /** Who is at the other end, for messages. */
    public String peer() {
        return peer;
    }

    /** How long it waits. */
    public Timeouts timeouts() {
        return timeouts;
    }

    @Override
    public ByteBufAllocator allocator() {
        return channel.alloc();
    }

    /** Opens the stream: sends a preamble, waits for the peer's. */
    public Preamble exchange(Preamble ours) throws Failure {
        channel.writeAndFlush(ours.encode(), channel.voidPromise());
        lock.lock();
        try {
            role = ours.role();
            long deadline = System.nanoTime() + timeouts.handshake().toNanos();
            while (preamble == null) {
                if (failure != null) {
                    throw failure;
                }
                if (!await(deadline - System.nanoTime())) {
                    throw Failure.here(peer, "has not said anything for " + seconds(timeouts.handshake())
                        + ", so it does not speak Sterna's migration protocol", "give the address of a Sterna receiver");
                }
            }
            return preamble;
        } finally {
            lock.unlock();
        }
    }

    /** From now on gives signs of life, as the peer does. */
    public void keepAlive() {
        long nanos = timeouts.keepalive().toNanos();
        var task = channel.eventLoop().scheduleAtFixedRate(() -> {
            if (System.nanoTime() - lastSent >= nanos && channel.isWritable()) {
                write(FrameType.KEEPALIVE, Unpooled.EMPTY_BUFFER);
            }
        }, nanos, nanos, TimeUnit.NANOSECONDS);
        channel.closeFuture().addListener(future -> task.cancel(false));
    }

    /** Sends a control message. */
    public void send(FrameType type, byte[] payload) throws Failure {
        type.checkLength(payload.length);
        awaitWritable();
        write(type, Unpooled.wrappedBuffer(payload));
    }

    private void write(FrameType type, ByteBuf payload) {
        ByteBuf frame = channel.alloc().directBuffer(Frame.HEADER + payload.readableBytes());
        frame.writeZero(Frame.HEADER).writeBytes(payload);
        Frame.seal(type, frame);
        lastSent = System.nanoTime();
        channel.writeAndFlush(frame, channel.voidPromise());
    }

    @Override
    public void send(ByteBuf frame) throws Failure {
        try {
            awaitWritable();
        } catch (Failure e) {
            frame.release();
            throw e;
        }
        lastSent = System.nanoTime();
        channel.writeAndFlush(frame, channel.voidPromise());
    }

    /** From now on the pages that come are placed where they belong; a PAGES frame is received once they are. */
    public void placePages(BulkSink sink) {
        onLine(() -> reader.placePages(sink));
    }

    /** When it returns, the sink is not used any more, and never will be. */
    public void endPages() {
        onLine(() -> reader.placePages(null));
    }

    /** Has the line's thread do something, unless it has ended. */
    private void onLine(Runnable action) {
        try {
            channel.eventLoop().submit(action).awaitUninterruptibly();
        } catch (RejectedExecutionException ended) {
            // Nothing is read any more.
        }
    }

    /** Waits until what is in flight is little enough. */
    private void awaitWritable() throws Failure {
        lock.lock();
        try {
            long deadline = System.nanoTime() + timeouts.silence().toNanos();
            while (failure == null && !channel.isWritable()) {
                if (!await(deadline - System.nanoTime())) {
                    throw Failure.line(peer, "has not taken anything for " + seconds(timeouts.silence()));
                }
            }
            if (failure != null) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void pause(Duration time) throws Failure {
        lock.lock();
        try {
            long deadline = System.nanoTime() + time.toNanos();
            do {
                if (failure != null) {
                    throw failure;
                }
            } while (await(deadline - System.nanoTime()));
        } finally {
            lock.unlock();
        }
    }

    /** The CBOR of the next frame, which must be of one type. */
    public Node receive(FrameType expected) throws Failure {
        return receive(expected, timeouts.step());
    }

    /** Like {@link #receive(FrameType)} with a limit of its own. */
    public Node receive(FrameType expected, Duration limit) throws Failure {
        Frame frame = receive(limit);
        try {
            if (frame.type() != expected) {
                throw unexpected(frame, expected.name());
            }
            return frame.tree(peer);
        } finally {
            frame.release();
        }
    }

    /** The end because of a frame that has no place where it came. */
    public Failure unexpected(Frame frame, String expected) {
        return Failure.here(peer, "sent a frame " + frame.name() + " where " + expected + " has its place", "");
    }

    /**
     * The next frame of a known type. The caller releases it.
     *
     * @throws Failure if the connection has ended, the peer takes too long, or a frame is damaged or mandatory and unknown
     */
    public Frame receive(Duration limit) throws Failure {
        long deadline = System.nanoTime() + limit.toNanos();
        while (true) {
            Frame frame = next(deadline, limit);
            boolean wanted = false;
            try {
                wanted = frame.type() != null && frame.type() != FrameType.KEEPALIVE;
                if (!greeted && frame.type() != FrameType.HELLO) {
                    throw unexpected(frame, "HELLO");
                }
                greeted = true;
                if (frame.type() == null && (frame.flags() & FrameType.MANDATORY) != 0) {
                    throw Failure.here(peer, "sent a mandatory frame " + frame.name() + ", which this side does not know",
                        "bring this side up to date");
                }
            } finally {
                if (!wanted) {
                    frame.release();
                }
            }
            if (wanted) {
                return frame;
            }
        }
    }

    private Frame next(long deadline, Duration limit) throws Failure {
        lock.lock();
        try {
            while (inbound.isEmpty() || urgent) {
                if (failure != null) {
                    throw failure;
                }
                long now = System.nanoTime();
                if (now - deadline >= 0) {
                    throw Failure.here(peer, "has not answered for " + seconds(limit), "");
                }
                if (now - lastHeard >= timeouts.silence().toNanos()) {
                    throw Failure.line(peer, "has given no sign of life for " + seconds(timeouts.silence()));
                }
                await(Math.min(deadline - now, lastHeard + timeouts.silence().toNanos() - now));
            }
            Frame frame = inbound.remove();
            inboundBytes -= weight(frame);
            if (inboundBytes <= MAX_INBOUND / 2 && !channel.config().isAutoRead()) {
                lastHeard = System.nanoTime();
                channel.config().setAutoRead(true);
            }
            return frame;
        } finally {
            lock.unlock();
        }
    }

    /** What a frame counts for among those that wait; even an empty one takes room. */
    private static int weight(Frame frame) {
        return Frame.HEADER + frame.payload().readableBytes();
    }

    /** Waits for a change; false if the time is up. */
    private boolean await(long nanos) throws Failure {
        try {
            return nanos > 0 && changed.awaitNanos(nanos) > 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.line(peer, "interrupted");
        }
    }

    private static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }

    /** Makes whatever waits here, now or later, end at once. */
    public void end(Failure reason) {
        end(reason, true);
    }

    private void end(Failure reason, boolean overtakes) {
        lock.lock();
        try {
            if (failure == null) {
                failure = reason;
                urgent = overtakes;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Tells the peer why this side ends the migration, unless the peer knows or cannot hear, and closes the line. */
    public void close(Failure reason) {
        end(reason);
        switch (reason.origin()) {
            case HERE -> write(FrameType.ERROR, Unpooled.wrappedBuffer(Messages.encodeError(reason.reasons())));
            case CANCELLED -> write(FrameType.CANCEL, Unpooled.wrappedBuffer(Messages.EMPTY));
            case PEER, LINE -> { }
        }
        close();
    }

    /**
     * Closes the line once all that was sent is out. What still comes is thrown away: closing a socket with unread
     * input would take our last words away from the peer.
     */
    @Override
    public void close() {
        end(Failure.line(peer, "the line has been closed here"));
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            inbound.forEach(Frame::release);
            inbound.clear();
        } finally {
            lock.unlock();
        }
        channel.config().setAutoRead(true);
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(future -> {
            if (future.isSuccess()) {
                ((DuplexChannel) channel).shutdownOutput();
            }
        });
        channel.eventLoop().schedule(() -> channel.close(), LINGER_SECONDS, TimeUnit.SECONDS);
    }

    /** The event loop's side. */
    private final class Inbound extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            lock.lock();
            try {
                lastHeard = System.nanoTime();
                switch (message) {
                    case Frame frame when closed -> frame.release();
                    case Frame frame when frame.type() == FrameType.ERROR || frame.type() == FrameType.CANCEL -> overtake(frame);
                    case Frame frame -> {
                        inbound.add(frame);
                        inboundBytes += weight(frame);
                        if (inboundBytes > MAX_INBOUND) {
                            channel.config().setAutoRead(false);
                        }
                    }
                    case Preamble theirs -> preamble = theirs;
                    case Failure broken -> end(broken, false);
                    default -> throw new IllegalStateException(message.toString());
                }
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        private void overtake(Frame frame) {
            try {
                Node message = frame.tree(peer);
                if (frame.type() == FrameType.CANCEL && role == Preamble.Role.SOURCE) {
                    throw Failure.here(peer, "sent a frame CANCEL, which is for the source to send", "");
                }
                end(new Failure(Failure.Origin.PEER, frame.type() == FrameType.ERROR ? Messages.decodeError(message)
                    : List.of(Reason.of(peer, "the migration was cancelled at the source", ""))));
            } catch (Failure broken) {
                // Whatever it says, the peer has ended the conversation and reads no answer.
                end(new Failure(Failure.Origin.PEER, broken.reasons()));
            } finally {
                frame.release();
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            end(Failure.line(peer, "the line was cut"), false);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            end(cause instanceof IOException ? Failure.line(peer, "the line broke: " + cause.getMessage())
                : Failure.of(peer, cause), false);
            channel.close();
        }
    }
}
