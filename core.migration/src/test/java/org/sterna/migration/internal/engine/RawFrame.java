package org.sterna.migration.internal.engine;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.zip.CRC32C;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.migration.internal.wire.FrameType;

/** A frame as any peer might send it, of whatever type. */
record RawFrame(int code, int flags, byte[] payload) {
    static final int HEADER = 16;
    private static final Set<FrameType> NOT_CBOR = Set.of(FrameType.PAGES, FrameType.KEEPALIVE, FrameType.PAD, FrameType.END);

    static RawFrame of(FrameType type, Object tree) {
        return new RawFrame(type.code(), type.flags(), Cbor.encode(tree));
    }

    /** A frame of a type that begins with its name. */
    static RawFrame named(int code, int flags, String name) {
        var payload = ByteBuffer.allocate(1 + name.length() + 3);
        return new RawFrame(code, flags, payload.put((byte) name.length()).put(name.getBytes()).array());
    }

    static RawFrame read(DataInputStream in) throws IOException {
        int code = in.readUnsignedShort();
        int flags = in.readUnsignedShort();
        int length = in.readInt();
        in.skipNBytes(8);
        return new RawFrame(code, flags, in.readNBytes(length));
    }

    FrameType type() {
        return FrameType.of(code);
    }

    boolean isCbor() {
        return type() != null && !NOT_CBOR.contains(type());
    }

    Object tree() {
        try {
            return Cbor.decode(payload);
        } catch (CborException e) {
            throw new AssertionError(e);
        }
    }

    RawFrame with(byte[] other) {
        return new RawFrame(code, flags, other);
    }

    byte[] bytes() {
        return bytes(payload.length);
    }

    /** The bytes with a length that may not be the real one, all checksums being right. */
    byte[] bytes(int claimed) {
        var bytes = ByteBuffer.allocate(HEADER + payload.length);
        var crc = new CRC32C();
        crc.update(payload);
        bytes.putShort((short) code).putShort((short) flags).putInt(claimed).putInt((int) crc.getValue());
        crc.reset();
        crc.update(bytes.array(), 0, HEADER - 4);
        return bytes.putInt((int) crc.getValue()).put(payload).array();
    }

    @Override
    public String toString() {
        return (type() == null ? "type " + code : type().name()) + "(" + payload.length + ")";
    }
}
