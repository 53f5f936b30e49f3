package org.sterna.device.virtioblk.internal;

import static org.sterna.device.virtioblk.internal.BlockProperties.*;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.sterna.device.virtio.ConfigSpace;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.DeviceContext;

/** The values of one device's properties, checked against each other, and the configuration space that they make. */
final class BlockSettings {
    /** Through write_zeroes_may_unmap and its padding; virtio 1.3, section 5.2.4, struct virtio_blk_config. */
    private static final int CONFIG_BYTES = 60;

    private final DeviceContext context;

    /**
     * Checks them.
     *
     * @throws MachineException if one is missing or does not go with another
     */
    BlockSettings(DeviceContext context) {
        this.context = context;
        if (context.get(DRIVE) == null) {
            throw MachineException.usage(context.path(), DRIVE.name(), "no disk is given", "add drive=FILE");
        }
        checkPowerOfTwo(BLOCK_SIZE);
        checkPowerOfTwo(PHYSICAL_BLOCK_SIZE);
        checkPowerOfTwo(QUEUE_SIZE);
        if (context.get(PHYSICAL_BLOCK_SIZE) < blockSize()) {
            throw MachineException.usage(context.path(), PHYSICAL_BLOCK_SIZE.name(),
                context.get(PHYSICAL_BLOCK_SIZE) + " is less than a block of " + blockSize(),
                "make it a multiple of block-size");
        }
        if (capacity() != null && capacity() % blockSize() != 0) {
            throw MachineException.usage(context.path(), CAPACITY.name(),
                capacity() + " is not a number of whole blocks of " + blockSize(), "make it a multiple of block-size");
        }
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(context.get(SERIAL))) {
            throw MachineException.usage(context.path(), SERIAL.name(), "'" + context.get(SERIAL) + "' is not ASCII",
                "use ASCII characters only");
        }
    }

    private void checkPowerOfTwo(Property<Long> property) {
        long value = context.get(property);
        if (Long.bitCount(value) != 1) {
            throw MachineException.usage(context.path(), property.name(), value + " is not a power of two",
                "take " + Long.highestOneBit(value));
        }
    }

    String drive() {
        return context.get(DRIVE);
    }

    boolean readOnly() {
        return context.get(READ_ONLY);
    }

    /** Whether the host wants every write on the disk before it is complete. */
    boolean writeThrough() {
        return context.get(CACHE).equals(WRITE_THROUGH);
    }

    int queueSize() {
        return context.get(QUEUE_SIZE).intValue();
    }

    /** The size of a logical block, in which the capacity is counted by the driver. */
    long blockSize() {
        return context.get(BLK_SIZE) ? context.get(BLOCK_SIZE) : SECTOR;
    }

    /** The capacity in bytes, or null if it has not been read off the file yet. */
    Long capacity() {
        return context.get(CAPACITY);
    }

    /** The serial number, padded with zeroes. */
    byte[] serial() {
        return Arrays.copyOf(context.get(SERIAL).getBytes(StandardCharsets.US_ASCII), SERIAL_BYTES);
    }

    /** The configuration space. A field whose feature is not offered is 0. */
    ConfigSpace config() {
        var config = ConfigSpace.ofLength(CONFIG_BYTES).le64(0, capacity() == null ? 0 : capacity() / SECTOR);
        if (context.get(SIZE_MAX)) {
            config.le32(8, context.get(SEGMENT_BYTES));
        }
        if (context.get(SEG_MAX)) {
            // Header and status take a descriptor each.
            config.le32(12, Math.max(1, Math.min(context.get(SEGMENTS), queueSize() - 2)));
        }
        if (context.get(BLK_SIZE)) {
            config.le32(20, blockSize());
        }
        if (context.get(TOPOLOGY)) {
            long blocks = context.get(PHYSICAL_BLOCK_SIZE) / blockSize();
            config.u8(24, Long.numberOfTrailingZeros(blocks)).le16(26, blocks);
        }
        if (context.get(DISCARD)) {
            config.le32(36, RangeCommand.DISCARD.maxSectors()).le32(40, RangeCommand.DISCARD.maxRanges())
                .le32(44, context.get(PHYSICAL_BLOCK_SIZE) / SECTOR);
        }
        if (context.get(WRITE_ZEROES)) {
            config.le32(48, RangeCommand.WRITE_ZEROES.maxSectors()).le32(52, RangeCommand.WRITE_ZEROES.maxRanges())
                .u8(56, 1);
        }
        return config.build();
    }
}
