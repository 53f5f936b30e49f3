package org.sterna.migration.internal.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
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
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.machine.text.DurationText;
import org.sterna.migration.internal.wire.BulkSink;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameReader;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.MessageOrder;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.Node;
import org.sterna.migration.internal.wire.Outlet;
import org.sterna.migration.internal.wire.Preamble;
import org.sterna.migration.internal.wire.TextForm;

/**
 * A line to a peer for one thread that sends and receives, blocking: the protocol then reads from top to bottom. What
 * is in flight is bounded in both directions. A peer's ERROR or CANCEL overtakes what came before it.
 */
public final class Connection implements Outlet, AutoCloseable {
    private static final int MAX_INBOUND = 8 << 20;
    /** What even a very slow line takes in a second; what is in flight may have to cross it before there can be an answer. */
    private static final long SLOWEST_BYTES_PER_SECOND = 8 << 10;
    /** More than this is not in flight, whatever lies between the two sides. */
    private static final long MOST_IN_FLIGHT = 4 << 20;
    /** How often it looks, within the time of a silence, whether bytes are taken. */
    private static final int LOOKS = 8;
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
    private volatile Preamble preamble;
    /** Of the line's thread. */
    private final MessageOrder order = new MessageOrder();
    /** Whether a frame has come that has no place where it came; of the line's thread. */
    private boolean misplaced;
    /** Whether this side's preamble is on its way, without which the peer can read nothing. */
    private volatile boolean opened;
    /** What ended the connection; nothing is sent any more. */
    private Failure failure;
    /** Whether what has already come is not worth reading either. */
    private boolean urgent;
    /** When the last byte came from the peer. */
    private volatile long lastHeard = System.nanoTime();
    /** When the system last took bytes that were to be sent, as far as it has been looked at. */
    private volatile long lastTaken = System.nanoTime();
    /** The bytes that the system had not taken when that was last looked at; of the line's thread. */
    private long untaken;
    private volatile long lastSent = System.nanoTime();
    /** The bytes that were sent since the peer's last answer; of the conversation's thread. */
    private long unanswered;
    private boolean closed;

    Connection(Channel channel, String peer, Timeouts timeouts) {
        this.channel = channel;
        this.peer = peer;
        this.timeouts = timeouts;
        this.reader = new FrameReader(peer, () -> lastHeard = System.nanoTime());
        channel.config().setRecvByteBufAllocator(reader.receiveBuffers());
        channel.pipeline().addLast(reader, new Outbound(), new Inbound());
    }

    /** Who is at the other end, for messages. */
    public String peer() {
        return peer;
    }

    /** How long it waits. */
    public Timeouts timeouts() {
        return timeouts;
    }

    /** How texts are written for the peer, once its preamble has come. */
    public TextForm texts() {
        Preamble theirs = preamble;
        return theirs == null ? TextForm.DEFINITE : theirs.texts();
    }

    /** A message as the peer can read it. */
    private byte[] readable(byte[] message) {
        if (texts() == TextForm.DEFINITE) {
            return message;
        }
        try {
            return texts().encode(Cbor.decode(message));
        } catch (CborException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public ByteBufAllocator allocator() {
        return channel.alloc();
    }

    /** Opens the stream: sends a preamble, waits for the peer's. */
    public Preamble exchange(Preamble ours) throws Failure {
        open(ours);
        lock.lock();
        try {
            long start = System.nanoTime();
            while (preamble == null) {
                if (failure != null) {
                    throw failure;
                }
                long left = handshakeLeft(start);
                if (left <= 0) {
                    boolean silent = lastHeard - start <= 0;
                    String time = DurationText.of(timeouts.handshake());
                    throw Failure.here(peer, silent
                        ? "has not said anything for " + time + " after it accepted the connection"
                        : "has stopped in the middle of its preamble",
                        silent ? "look whether a Sterna receiver listens there, and whether its host is too busy to answer" : "");
                }
                await(left);
            }
            return preamble;
        } finally {
            lock.unlock();
        }
    }

    private void open(Preamble ours) {
        opened = true;
        channel.writeAndFlush(ours.encode(), channel.voidPromise());
    }

    /** How long a part of the handshake that began at some time may still take: longer while bytes come, but not for ever. */
    private long handshakeLeft(long start) {
        long last = Math.max(start, lastHeard);
        long now = System.nanoTime();
        return Math.min(last + timeouts.handshake().toNanos() - now, start + timeouts.step().toNanos() - now);
    }

    /** The peer's HELLO. */
    public Node hello() throws Failure {
        Frame frame = receive(System.nanoTime(), this::handshakeLeft,
            "has not sent its HELLO for " + DurationText.of(timeouts.handshake()) + " after its preamble");
        try {
            return frame.tree(peer);
        } finally {
            frame.release();
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
        byte[] readable = readable(payload);
        type.checkLength(readable.length);
        awaitWritable();
        unanswered += Frame.HEADER + readable.length;
        write(type, Unpooled.wrappedBuffer(readable));
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
        unanswered += frame.readableBytes();
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

    /** Waits until what is in flight is little enough; a line that takes bytes, however slowly, is alive. */
    private void awaitWritable() throws Failure {
        lock.lock();
        try {
            long start = System.nanoTime();
            long silence = timeouts.silence().toNanos();
            while (failure == null && !channel.isWritable()) {
                long left = Math.max(start, lastTaken) + silence - System.nanoTime();
                if (left <= 0) {
                    throw Failure.here(peer, "has not taken anything for " + DurationText.of(timeouts.silence()), "");
                }
                if (!await(Math.min(left, Math.max(1, silence / LOOKS)))) {
                    channel.eventLoop().execute(this::lookAtUntaken);
                }
            }
            if (failure != null) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Looks whether the system has taken bytes since the last look, on the line's thread. */
    private void lookAtUntaken() {
        ChannelOutboundBuffer outbound = channel.unsafe().outboundBuffer();
        long now = outbound == null ? 0 : outbound.totalPendingWriteBytes() - outbound.currentProgress();
        if (now < untaken) {
            lastTaken = System.nanoTime();
        }
        untaken = now;
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
        Frame frame = receive(timeouts.step().plusSeconds(Math.min(unanswered, MOST_IN_FLIGHT) / SLOWEST_BYTES_PER_SECOND));
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
        return receive(limit, "has not answered for " + DurationText.of(limit));
    }

    /**
     * Like {@link #receive(Duration)} with words of its own.
     *
     * @param late what is said if it takes too long
     */
    public Frame receive(Duration limit, String late) throws Failure {
        return receive(System.nanoTime(), start -> start + limit.toNanos() - System.nanoTime(), late);
    }

    private Frame receive(long start, LongUnaryOperator left, String late) throws Failure {
        while (true) {
            Frame frame = next(() -> left.applyAsLong(start), late);
            boolean wanted = false;
            try {
                wanted = frame.type() != null && frame.type() != FrameType.KEEPALIVE;
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
                unanswered = 0;
                return frame;
            }
        }
    }

    private Frame next(LongSupplier left, String late) throws Failure {
        lock.lock();
        try {
            while (inbound.isEmpty() || urgent) {
                if (failure != null) {
                    throw failure;
                }
                long time = left.getAsLong();
                if (time <= 0) {
                    throw Failure.here(peer, late, "");
                }
                long silence = lastHeard + timeouts.silence().toNanos() - System.nanoTime();
                if (silence <= 0) {
                    throw Failure.here(peer,
                        "has given no sign of life for " + DurationText.of(timeouts.silence()), "");
                }
                await(Math.min(time, silence));
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

    /** Ends a conversation that has not begun: says who this is, and why it does not talk. */
    public void refuse(Preamble ours, Failure reason) {
        try {
            open(ours);
        } finally {
            close(reason);
        }
    }

    /** Tells the peer why this side ends the migration, unless the peer knows or cannot hear, and closes the line. */
    public void close(Failure reason) {
        end(reason);
        try {
            if (opened) {
                tell(reason);
            }
        } finally {
            // A peer that cannot be told why must at least not wait.
            close();
        }
    }

    private void tell(Failure reason) {
        switch (reason.origin()) {
            case HERE -> write(FrameType.ERROR,
                Unpooled.wrappedBuffer(readable(Messages.encodeError(reason.reasons()))));
            case CANCELLED -> write(FrameType.CANCEL, Unpooled.wrappedBuffer(Messages.EMPTY));
            case PEER, LINE -> { }
        }
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

    /**
     * What goes out, in the order in which it does: an answer that has come before its question goes out is in the wrong
     * place, although it may have come a moment ago only.
     */
    private final class Outbound extends ChannelOutboundHandlerAdapter {
        private boolean begun;

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            var bytes = (ByteBuf) message;
            if (begun && bytes.isReadable() && !mayGo(FrameType.of(bytes.getUnsignedShort(bytes.readerIndex())))) {
                bytes.release();
                return;
            }
            // The preamble is first.
            begun |= bytes.isReadable();
            context.write(message, promise);
        }

        /** After a misplaced frame nothing but the reason goes out; a COMMIT, above all, does not. */
        private boolean mayGo(FrameType type) {
            if (misplaced && type != FrameType.ERROR) {
                return false;
            }
            order.sent(type);
            return true;
        }
    }

    /** What comes in. */
    private final class Inbound extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            lock.lock();
            try {
                switch (message) {
                    case Frame frame when closed || failure != null -> frame.release();
                    case Frame frame when isMisplaced(frame) -> frame.release();
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

        /** Whether a frame has no place where it came; what came before it still counts, nothing after it does. */
        private boolean isMisplaced(Frame frame) {
            String expected = order.arrived(frame.type(), preamble.role());
            misplaced |= !expected.isEmpty();
            if (misplaced) {
                end(unexpected(frame, expected), false);
            }
            return misplaced;
        }

        private void overtake(Frame frame) {
            try {
                Node message = frame.tree(peer);
                end(new Failure(Failure.Origin.PEER, frame.type() == FrameType.ERROR ? said(Messages.decodeError(message))
                    : List.of(Reason.of(peer, "the migration was cancelled at the source", ""))));
            } catch (Failure broken) {
                // Whatever it says, the peer has ended the conversation and reads no answer.
                end(new Failure(Failure.Origin.PEER, broken.reasons()));
            } finally {
                frame.release();
            }
        }

        /** A peer may say anything; its words, and its advice, must not look like this side's. */
        private List<Reason> said(List<Reason> reasons) {
            String who = preamble.role() == Preamble.Role.SOURCE ? "the source says: " : "the destination says: ";
            return reasons.stream().map(reason -> new Reason(reason.subject(), reason.item(), who + reason.cause(),
                reason.remedy())).toList();
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
            end(cause instanceof IOException ? Failure.line(peer, "the line broke: " + Transport.words(cause))
                : Failure.of(peer, cause), false);
            channel.close();
        }
    }
}
