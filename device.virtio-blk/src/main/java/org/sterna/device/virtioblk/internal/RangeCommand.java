package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import org.sterna.machine.abi.Property;

/**
 * What can be done to ranges of sectors without data: the requests of the features that came with ABI 1.1. Their limits
 * are part of that ABI.
 */
enum RangeCommand {
    /** VIRTIO_BLK_T_DISCARD: what is in the sectors no longer matters. */
    DISCARD(11, BlockProperties.DISCARD, 1 << 22, 32, 0) {
        @Override
        void apply(DiskFile disk, SectorRange range) {
            disk.discard(range.position(), range.bytes());
        }
    },
    /** VIRTIO_BLK_T_WRITE_ZEROES: the sectors read as zeroes; the unmap flag allows to give their space back. */
    WRITE_ZEROES(13, BlockProperties.WRITE_ZEROES, 1 << 16, 8, SectorRange.UNMAP) {
        @Override
        void apply(DiskFile disk, SectorRange range) throws IOException {
            disk.writeZeroes(range.position(), range.bytes(), range.unmap());
        }
    };

    private final int type;
    private final Property<Boolean> feature;
    private final int maxSectors;
    private final int maxRanges;
    private final int knownFlags;

    RangeCommand(int type, Property<Boolean> feature, int maxSectors, int maxRanges, int knownFlags) {
        this.type = type;
        this.feature = feature;
        this.maxSectors = maxSectors;
        this.maxRanges = maxRanges;
        this.knownFlags = knownFlags;
    }

    abstract void apply(DiskFile disk, SectorRange range) throws IOException;

    /** The command of a request's type, or null if it is none. */
    static RangeCommand of(int type) {
        for (RangeCommand command : values()) {
            if (command.type == type) {
                return command;
            }
        }
        return null;
    }

    /** The feature that brings it. */
    Property<Boolean> feature() {
        return feature;
    }

    /** The most sectors of one range. */
    int maxSectors() {
        return maxSectors;
    }

    /** The most ranges of one request. */
    int maxRanges() {
        return maxRanges;
    }

    /** Whether every flag of a range has a meaning here (section 5.2.6.2). */
    boolean knowsFlags(SectorRange range) {
        return (range.flags() & ~knownFlags) == 0;
    }
}
