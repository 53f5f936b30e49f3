package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Cuts what comes into a {@link Preamble} and {@link Frame}s. A length is believed only once the header's own checksum
 * is right, and only up to the limit of its type. What is wrong goes down the pipeline as a {@link Failure}.
 */
public final class FrameDecoder extends ByteToMessageDecoder {
    private final String peer;
    private boolean greeted;
    private boolean broken;

    /** A decoder for what a peer sends. */
    public FrameDecoder(String peer) {
        this.peer = peer;
        setCumulator(COMPOSITE_CUMULATOR);
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            Object message = greeted ? frame(in) : Preamble.decode(peer, in);
            if (message != null) {
                greeted = true;
                out.add(message);
            }
        } catch (Failure failure) {
            broken = true;
            in.skipBytes(in.readableBytes());
            out.add(failure);
        }
    }

    private Frame frame(ByteBuf in) throws Failure {
        if (in.readableBytes() < Frame.HEADER) {
            return null;
        }
        int start = in.readerIndex();
        if (in.getInt(start + 12) != Checksums.of(in, start, Frame.HEADER - 4)) {
            throw Failure.here(peer, "the header of a frame is damaged", "");
        }
        int code = in.getUnsignedShort(start);
        long length = in.getUnsignedInt(start + 4);
        if (length > FrameType.maxLength(code)) {
            throw Failure.here(peer, "a frame of type " + code + " claims " + length + " bytes, more than the limit of "
                + FrameType.maxLength(code), "");
        }
        if (in.readableBytes() < Frame.HEADER + length) {
            return null;
        }
        in.skipBytes(Frame.HEADER);
        return new Frame(code, in.getUnsignedShort(start + 2), in.getInt(start + 8), in.readRetainedSlice((int) length));
    }
}
