package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** This implementation's reader of what a peer sends, fed with bytes as a socket would feed it. */
final class Peer {
    /** The pages that the region has into which PAGES frames go. */
    static final int PAGES = 16;

    private final FrameReader reader = new FrameReader("peer", () -> { });
    private final EmbeddedChannel channel = new EmbeddedChannel(reader);
    private final PageRanges ranges = new PageRanges();
    private final ByteBuffer memory = ByteBuffer.allocate(PAGES * 4096);

    Peer() {
        reader.placePages(new BulkSink() {
            private boolean given;

            @Override
            public void begin(ByteBuf head, long data) throws Failure {
                ranges.decode("peer", head, data, PAGES, 4096);
                given = ranges.dataPages() == 0;
            }

            @Override
            public ByteBuffer next() {
                if (given) {
                    return null;
                }
                given = true;
                return memory.slice(0, ranges.dataPages() * 4096);
            }

            @Override
            public void end(int checksum) {
            }
        });
    }

    /** What comes of some bytes. */
    List<Object> take(byte[] bytes) {
        var rest = ByteBuffer.wrap(bytes);
        var handle = reader.receiveBuffers().newHandle();
        while (rest.hasRemaining()) {
            ByteBuf room = handle.allocate(UnpooledByteBufAllocator.DEFAULT);
            int length = Math.min(room.writableBytes(), rest.remaining());
            room.writeBytes(rest.slice(rest.position(), length));
            rest.position(rest.position() + length);
            channel.pipeline().fireChannelRead(room);
        }
        var came = new ArrayList<>();
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            came.add(message);
        }
        return came;
    }

    /** Reads a message as the engine does, by its type. */
    static void decode(Frame frame) throws Failure {
        if (frame.type() == null) {
            if ((frame.flags() & FrameType.MANDATORY) != 0) {
                throw Failure.here("peer", "sent a mandatory frame " + frame.name() + ", which this side does not know", "");
            }
            return;
        }
        switch (frame.type()) {
            case HELLO -> Capabilities.OURS.with("peer", Hello.decode(frame.tree("peer")).capabilities());
            case MANIFEST -> Manifests.decode(frame.tree("peer"));
            case VERDICT -> Answers.decode(frame.tree("peer"));
            case ROUND, ROUND_DONE -> Messages.Round.decode(frame.tree("peer"));
            case SECTION -> Messages.Section.decode(frame.tree("peer"));
            case FINISH -> Messages.Finish.decode(frame.tree("peer"));
            case LOADED -> Messages.Loaded.decode(frame.tree("peer"));
            case RUNNING -> Messages.Running.decode(frame.tree("peer"));
            case ERROR -> Messages.decodeError(frame.tree("peer"));
            case START, READY, COMMIT, TAKEN, BYE, CANCEL -> frame.tree("peer");
            case PAGES, KEEPALIVE, PAD, INDEX, END -> { }
        }
    }
}
