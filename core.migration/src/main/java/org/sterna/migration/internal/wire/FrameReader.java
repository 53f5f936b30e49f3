package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Cuts what comes into a {@link Preamble} and {@link Frame}s, whose checksums it checks. A length is believed only once
 * the header's own checksum is right, and only up to the limit of its type. What is wrong goes down the pipeline as a
 * {@link Failure}, and nothing after it.
 *
 * <p>It always knows how many bytes it wants next and where they belong, and has the channel read exactly those: into a
 * buffer of the right size, or, for the pages of a {@link BulkSink}, into guest memory. To that end it is the
 * channel's allocator of receive buffers too.
 */
public final class FrameReader extends ChannelInboundHandlerAdapter {
    private static final int READS_PER_TURN = 64;

    private final String peer;
    private final Runnable heard;
    private final CRC32C pagesChecksum = new CRC32C();
    private Step step = this::preamble;
    /** What is being filled; its capacity is what the step wants. */
    private ByteBuf target = Unpooled.buffer(Preamble.SIZE, Preamble.SIZE);
    private BulkSink sink;
    private int code;
    private int flags;
    private int length;
    private int checksum;
    private ByteBuffer room;

    /** What to do with a target that something has been read into. */
    private interface Step {
        /** Returns a message for the pipeline, or null. */
        Object read(ByteBuf target) throws Failure;
    }

    /**
     * A reader of what a peer sends.
     *
     * @param heard is run on the line's thread whenever bytes have come, be they a part of a frame only
     */
    public FrameReader(String peer, Runnable heard) {
        this.peer = peer;
        this.heard = heard;
    }

    /**
     * From now on pages go to a sink; without one a PAGES frame is a frame like others. To be called on the line's thread.
     *
     * @param sink null to let go of the last one at once, after which nothing more is read
     */
    public void placePages(BulkSink sink) {
        this.sink = sink;
        if (sink == null && room != null) {
            ignore();
        }
    }

    /** What the channel reads into. */
    public RecvByteBufAllocator receiveBuffers() {
        return new DefaultMaxMessagesRecvByteBufAllocator(READS_PER_TURN) {
            @Override
            @SuppressWarnings("deprecation") // of an interface that Netty itself returns everywhere
            public Handle newHandle() {
                return new MaxMessageHandle() {
                    @Override
                    public ByteBuf allocate(ByteBufAllocator allocator) {
                        return target.retain();
                    }

                    @Override
                    public int guess() {
                        return target.writableBytes();
                    }
                };
            }
        };
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf filled = (ByteBuf) message;
        heard.run();
        try {
            Object decoded = step.read(filled);
            if (decoded != null) {
                context.fireChannelRead(decoded);
            }
        } catch (Failure failure) {
            ignore();
            context.fireChannelRead(failure);
        } finally {
            filled.release();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        target.release();
    }

    private void want(ByteBuf next, Step then) {
        target.release();
        target = next;
        step = then;
    }

    private void wantHeader() {
        want(Unpooled.buffer(Frame.HEADER, Frame.HEADER), this::header);
    }

    private void ignore() {
        room = null;
        want(Unpooled.buffer(1 << 12, 1 << 12), garbage -> {
            garbage.clear();
            return null;
        });
    }

    private Object preamble(ByteBuf bytes) throws Failure {
        Preamble preamble = Preamble.decode(peer, bytes);
        if (preamble != null) {
            wantHeader();
        }
        return preamble;
    }

    private Object header(ByteBuf header) throws Failure {
        if (header.isWritable()) {
            return null;
        }
        if (header.getInt(12) != Checksums.of(header, 0, Frame.HEADER - 4)) {
            throw Failure.here(peer, "the header of a frame is damaged", "");
        }
        code = header.getUnsignedShort(0);
        flags = header.getUnsignedShort(2);
        checksum = header.getInt(8);
        FrameType type = FrameType.of(code);
        if (type != null && type.inFilesOnly()) {
            throw Failure.here(peer, "sent a frame " + type + ", which has its place in files only", "");
        }
        long claimed = header.getUnsignedInt(4);
        if (claimed > FrameType.maxLength(code)) {
            throw Failure.here(peer, "a frame of type " + code + " claims " + claimed + " bytes, more than the limit of "
                + FrameType.maxLength(code), "");
        }
        length = (int) claimed;
        if (length == 0) {
            if (type == FrameType.PAGES) {
                throw Failure.here(peer, "sent a PAGES frame that names no pages", "");
            }
            return payload(Unpooled.EMPTY_BUFFER);
        }
        if (type == FrameType.PAGES && sink != null) {
            int first = Math.min(length, PageRanges.HEADER);
            want(Unpooled.buffer(first, PageRanges.MAX_ENCODED), this::ranges);
        } else {
            want(Unpooled.buffer(length, length), this::payload);
        }
        return null;
    }

    private Object payload(ByteBuf payload) throws Failure {
        if (payload.isWritable()) {
            return null;
        }
        verify(Checksums.of(payload, 0, length));
        var frame = new Frame(code, flags, payload.retain());
        wantHeader();
        return frame;
    }

    private void verify(int computed) throws Failure {
        if (computed != checksum) {
            throw Failure.here(peer, "the checksum of a frame " + new Frame(code, flags, Unpooled.EMPTY_BUFFER).name()
                + " is wrong: the stream is damaged", "");
        }
    }

    /** First the number of ranges, then the ranges. */
    private Object ranges(ByteBuf head) throws Failure {
        if (head.isWritable()) {
            return null;
        }
        int size = Math.min(length, PageRanges.encodedSize(head));
        if (head.capacity() < size) {
            head.capacity(size);
            return null;
        }
        pagesChecksum.reset();
        pagesChecksum.update(head.nioBuffer());
        sink.begin(head, length - size);
        return nextRoom();
    }

    private Object pages(ByteBuf data) throws Failure {
        if (data.isWritable()) {
            return null;
        }
        pagesChecksum.update(room.rewind());
        return nextRoom();
    }

    private Object nextRoom() throws Failure {
        room = sink.next();
        if (room != null) {
            want(Unpooled.wrappedBuffer(room).clear(), this::pages);
            return null;
        }
        verify((int) pagesChecksum.getValue());
        sink.end(checksum);
        wantHeader();
        return new Frame(code, flags, Unpooled.EMPTY_BUFFER);
    }
}
