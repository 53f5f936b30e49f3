package org.sterna.device.virtioblk.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One range of a request to discard or to write zeroes: struct virtio_blk_discard_write_zeroes of virtio 1.3, section
 * 5.2.6.
 *
 * @param sector  the first sector, unsigned
 * @param sectors the number of sectors
 * @param flags   bit 0: unmap
 */
record SectorRange(long sector, long sectors, int flags) {
    static final int UNMAP = 1;
    static final int BYTES = 16;

    /** The ranges in a number of whole structures. */
    static List<SectorRange> parse(byte[] structures) {
        var buffer = ByteBuffer.wrap(structures).order(ByteOrder.LITTLE_ENDIAN);
        var ranges = new ArrayList<SectorRange>();
        while (buffer.hasRemaining()) {
            ranges.add(new SectorRange(buffer.getLong(), buffer.getInt() & 0xffff_ffffL, buffer.getInt()));
        }
        return ranges;
    }

    boolean unmap() {
        return (flags & UNMAP) != 0;
    }

    long position() {
        return sector * BlockProperties.SECTOR;
    }

    long bytes() {
        return sectors * BlockProperties.SECTOR;
    }
}
