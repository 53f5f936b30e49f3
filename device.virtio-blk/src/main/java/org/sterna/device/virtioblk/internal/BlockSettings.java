package org.sterna.device.virtioblk.internal;

import static org.sterna.device.virtioblk.internal.BlockProperties.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.sterna.device.virtio.ConfigSpace;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.DeviceContext;

/** The values of one device's properties, checked against each other, and the configuration space that they make. */
final class BlockSettings {
    /** Through secure_erase_sector_alignment; virtio 1.3, section 5.2.4, struct virtio_blk_config. */
    private static final int CONFIG_BYTES = 72;
    /** Where the writeback field is in the configuration space. */
    static final int WRITEBACK = 32;

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
        if (capacity() != null) {
            checkWholeBlocks(CAPACITY, capacity());
        }
        checkWholeBlocks(MIN_IO, context.get(MIN_IO));
        checkWholeBlocks(OPT_IO, context.get(OPT_IO));
        if (context.get(MIN_IO) / blockSize() > 0xffff) {
            throw MachineException.usage(context.path(), MIN_IO.name(), context.get(MIN_IO) + " is more than 65535 blocks",
                "make it smaller");
        }
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(context.get(SERIAL))) {
            throw MachineException.usage(context.path(), SERIAL.name(), "'" + context.get(SERIAL) + "' is not ASCII",
                "use ASCII characters only");
        }
    }

    /** Checks a value, in bytes, that a property has or is to have. */
    void checkWholeBlocks(Property<?> property, long value) {
        if (value % blockSize() != 0) {
            throw MachineException.usage(context.path(), property.name(),
                value + " is not a number of whole blocks of " + blockSize(), "make it a multiple of block-size");
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

    /** Whether nobody has said yet what format the file has. */
    boolean formatIsOpen() {
        return !context.get(FORMAT).equals(RAW);
    }

    boolean readOnly() {
        return context.get(READ_ONLY);
    }

    /** Whether the host wants every write on the disk before it is complete. */
    boolean writeThrough() {
        return context.get(CACHE).equals(WRITE_THROUGH);
    }

    /** The value of a property that cannot be open. */
    <T> T get(Property<T> property) {
        return context.get(property);
    }

    /** The greatest size of each queue. */
    int[] queueSizes() {
        var sizes = new int[context.get(QUEUES).intValue()];
        Arrays.fill(sizes, queueSize());
        return sizes;
    }

    private int queueSize() {
        return context.get(QUEUE_SIZE).intValue();
    }

    /** Records what the guest sees of a file of some size, where the user has left it open. */
    void lock(long size) {
        if (capacity() == null) {
            context.lock(CAPACITY, size);
        }
        if (context.get(CYLINDERS) == null) {
            long ofCylinder = Math.max(1, context.get(HEADS) * context.get(SECTORS));
            context.lock(CYLINDERS, Math.clamp(capacity() / SECTOR / ofCylinder, 1L, 0xffffL));
        }
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

    /** The answer to the question how worn the disk is (section 5.2.6, struct virtio_blk_lifetime). */
    byte[] lifetime() {
        var answer = ByteBuffer.allocate(6).order(ByteOrder.LITTLE_ENDIAN);
        for (Property<Long> part : List.of(PRE_EOL, WEAR_A, WEAR_B)) {
            answer.putShort(context.get(part).shortValue());
        }
        return answer.array();
    }

    /**
     * The configuration space. A field whose feature is not offered is 0.
     *
     * @param writeBack whether the writeback field says that writes are cached
     */
    ConfigSpace config(boolean writeBack) {
        var config = ConfigSpace.ofLength(CONFIG_BYTES).le64(0, capacity() == null ? 0 : capacity() / SECTOR);
        if (context.get(SIZE_MAX)) {
            config.le32(8, context.get(SEGMENT_BYTES));
        }
        if (context.get(SEG_MAX)) {
            // Header and status take a descriptor each.
            config.le32(12, Math.max(1, Math.min(context.get(SEGMENTS), queueSize() - 2)));
        }
        if (context.get(GEOMETRY)) {
            Long cylinders = context.get(CYLINDERS);
            config.le16(16, cylinders == null ? 0 : cylinders).u8(18, context.get(HEADS)).u8(19, context.get(SECTORS));
        }
        if (context.get(BLK_SIZE)) {
            config.le32(20, blockSize());
        }
        if (context.get(TOPOLOGY)) {
            long blocks = context.get(PHYSICAL_BLOCK_SIZE) / blockSize();
            long leastBlocks = context.get(MIN_IO) / blockSize();
            config.u8(24, Long.numberOfTrailingZeros(blocks)).u8(25, context.get(ALIGNMENT_OFFSET))
                .le16(26, leastBlocks == 0 ? blocks : leastBlocks).le32(28, context.get(OPT_IO) / blockSize());
        }
        if (context.get(CONFIG_WCE)) {
            config.u8(WRITEBACK, writeBack ? 1 : 0);
        }
        if (context.get(MQ)) {
            config.le16(34, context.get(QUEUES));
        }
        if (context.get(DISCARD)) {
            config.le32(36, context.get(DISCARD_SECTORS)).le32(40, context.get(DISCARD_RANGES))
                .le32(44, alignment(DISCARD_ALIGNMENT));
        }
        if (context.get(WRITE_ZEROES)) {
            config.le32(48, context.get(WRITE_ZEROES_SECTORS)).le32(52, context.get(WRITE_ZEROES_RANGES))
                .u8(56, context.get(WRITE_ZEROES_MAY_UNMAP) ? 1 : 0);
        }
        if (context.get(SECURE_ERASE)) {
            config.le32(60, context.get(SECURE_ERASE_SECTORS)).le32(64, context.get(SECURE_ERASE_RANGES))
                .le32(68, alignment(SECURE_ERASE_ALIGNMENT));
        }
        return config.build();
    }

    /** An alignment in sectors. */
    private long alignment(Property<Long> property) {
        long bytes = context.get(property);
        return (bytes == 0 ? context.get(PHYSICAL_BLOCK_SIZE) : bytes) / SECTOR;
    }
}
