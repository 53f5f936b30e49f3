package org.sterna.device.virtioblk.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.sterna.device.virtio.DescriptorChain;
import org.sterna.device.virtio.GuestBuffers;
import org.sterna.machine.memory.GuestMemory;

/**
 * A request as virtio 1.3, section 5.2.6, lays it out: a header of 16 bytes and data that the device reads, then data
 * and one byte of status that the device writes. Where the descriptors cut it means nothing.
 *
 * @param number  how many requests the device had taken before
 * @param chain   the chain that it came in
 * @param type    the kind of request
 * @param barrier whether it is ordered after every request before it and before every one after it
 * @param sector  the first sector, unsigned
 * @param dataOut what the driver sends
 * @param dataIn  where the driver wants data
 */
record BlockRequest(long number, DescriptorChain chain, int type, boolean barrier, long sector, GuestBuffers dataOut,
        GuestBuffers dataIn) {
    static final int HEADER_BYTES = 16;
    static final int IN = 0;
    static final int OUT = 1;
    static final int FLUSH = 4;
    static final int GET_ID = 8;
    static final int GET_LIFETIME = 10;
    /** VIRTIO_BLK_T_BARRIER: a flag beside the type, of legacy drivers alone. */
    static final int BARRIER = 1 << 31;

    /** What the device answers. */
    enum Status {
        /** VIRTIO_BLK_S_OK. */
        OK,
        /** VIRTIO_BLK_S_IOERR. */
        IO_ERROR,
        /** VIRTIO_BLK_S_UNSUPP. */
        UNSUPPORTED
    }

    /**
     * The request in a chain, or null if the chain has no whole header or no byte for the status.
     *
     * @param barriers whether the driver has acknowledged barriers; if not, the flag makes the type an unknown one
     */
    static BlockRequest of(long number, DescriptorChain chain, GuestMemory memory, boolean barriers) {
        GuestBuffers readable = chain.readable();
        GuestBuffers writable = chain.writable();
        long sent = readable.length() - HEADER_BYTES;
        long wanted = writable.length() - 1;
        if (sent < 0 || wanted < 0) {
            return null;
        }
        var header = ByteBuffer.wrap(readable.slice(0, HEADER_BYTES).read(memory)).order(ByteOrder.LITTLE_ENDIAN);
        int type = header.getInt(0);
        boolean barrier = barriers && (type & BARRIER) != 0;
        return new BlockRequest(number, chain, barrier ? type & ~BARRIER : type, barrier, header.getLong(8),
            readable.slice(HEADER_BYTES, sent), writable.slice(0, wanted));
    }

    /** Writes the status, if the driver still waits, and gives the chain back; {@link #dataIn} has been written. */
    void complete(GuestMemory memory, Status status) {
        long length = dataIn.length();
        if (chain.wanted()) {
            chain.writable().slice(length, 1).write(memory, new byte[] {(byte) status.ordinal()});
        }
        chain.complete(length + 1);
    }
}
