package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import org.sterna.machine.abi.Property;

/** What can be done to ranges of sectors without data, and the properties that limit it. */
enum RangeCommand {
    /** VIRTIO_BLK_T_DISCARD: what is in the sectors no longer matters. */
    DISCARD(11, BlockProperties.DISCARD, BlockProperties.DISCARD_SECTORS, BlockProperties.DISCARD_RANGES, 0) {
        @Override
        void apply(DiskFile disk, SectorRange range, BlockSettings settings) {
            disk.discard(range.position(), range.bytes());
        }

        @Override
        long work(SectorRange range) {
            return RequestProcessor.UNKNOWN_WORK;
        }
    },
    /** VIRTIO_BLK_T_WRITE_ZEROES: the sectors read as zeroes; the unmap flag allows to give their space back. */
    WRITE_ZEROES(13, BlockProperties.WRITE_ZEROES, BlockProperties.WRITE_ZEROES_SECTORS,
        BlockProperties.WRITE_ZEROES_RANGES, SectorRange.UNMAP) {
        @Override
        void apply(DiskFile disk, SectorRange range, BlockSettings settings) throws IOException {
            disk.writeZeroes(range.position(), range.bytes(),
                range.unmap() && settings.get(BlockProperties.WRITE_ZEROES_MAY_UNMAP));
        }
    },
    /** VIRTIO_BLK_T_SECURE_ERASE: what was in the sectors is gone from the disk. */
    SECURE_ERASE(14, BlockProperties.SECURE_ERASE, BlockProperties.SECURE_ERASE_SECTORS,
        BlockProperties.SECURE_ERASE_RANGES, 0) {
        @Override
        void apply(DiskFile disk, SectorRange range, BlockSettings settings) throws IOException {
            disk.erase(range.position(), range.bytes());
        }
    };

    private final int type;
    private final Property<Boolean> feature;
    private final Property<Long> maxSectors;
    private final Property<Long> maxRanges;
    private final int knownFlags;

    RangeCommand(int type, Property<Boolean> feature, Property<Long> maxSectors, Property<Long> maxRanges,
            int knownFlags) {
        this.type = type;
        this.feature = feature;
        this.maxSectors = maxSectors;
        this.maxRanges = maxRanges;
        this.knownFlags = knownFlags;
    }

    abstract void apply(DiskFile disk, SectorRange range, BlockSettings settings) throws IOException;

    /** How much there may be to do for a range, for {@link org.sterna.device.virtio.DescriptorChain#addWork}. */
    long work(SectorRange range) {
        return range.bytes();
    }

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
    Property<Long> maxSectors() {
        return maxSectors;
    }

    /** The most ranges of one request. */
    Property<Long> maxRanges() {
        return maxRanges;
    }

    /** Whether every flag of a range has a meaning here (section 5.2.6.2). */
    boolean knowsFlags(SectorRange range) {
        return (range.flags() & ~knownFlags) == 0;
    }
}
