package org.sterna.testkit;

/**
 * A guest's driver for any device on the virtio MMIO transport, modern or legacy as the device's version register says
 * (virtio 1.3, sections 3.1 and 4.2), written from the specification alone. It keeps what a guest keeps in its RAM, so it can {@linkplain #move move} with the
 * device to another bench.
 */
public final class VirtioDriver {
    /** Status bit: the driver has noticed the device. */
    public static final int ACKNOWLEDGE = 1;
    /** Status bit: the driver knows how to drive it. */
    public static final int DRIVER = 2;
    /** Status bit: the driver is ready. */
    public static final int DRIVER_OK = 4;
    /** Status bit: the features are settled. */
    public static final int FEATURES_OK = 8;
    /** Status bit: the device has given up until it is reset. */
    public static final int NEEDS_RESET = 64;
    /** VIRTIO_F_INDIRECT_DESC. */
    public static final long INDIRECT_DESC = 1L << 28;
    /** VIRTIO_F_EVENT_IDX. */
    public static final long EVENT_IDX = 1L << 29;
    /** VIRTIO_F_VERSION_1. */
    public static final long VERSION_1 = 1L << 32;

    /** VIRTIO_F_RING_PACKED. */
    public static final long RING_PACKED = 1L << 34;
    /** The page size of a legacy driver. */
    static final int PAGE = 4096;

    /** Register. */
    public static final int MAGIC_VALUE = 0x000;
    /** Register. */
    public static final int VERSION = 0x004;
    /** Register. */
    public static final int DEVICE_ID = 0x008;
    /** Register. */
    public static final int DEVICE_FEATURES = 0x010;
    /** Register. */
    public static final int DEVICE_FEATURES_SEL = 0x014;
    /** Register. */
    public static final int DRIVER_FEATURES = 0x020;
    /** Register. */
    public static final int DRIVER_FEATURES_SEL = 0x024;
    /** Legacy register. */
    public static final int GUEST_PAGE_SIZE = 0x028;
    /** Register. */
    public static final int QUEUE_SEL = 0x030;
    /** Register. */
    public static final int QUEUE_SIZE_MAX = 0x034;
    /** Register. */
    public static final int QUEUE_SIZE = 0x038;
    /** Legacy register. */
    public static final int QUEUE_ALIGN = 0x03c;
    /** Legacy register. */
    public static final int QUEUE_PFN = 0x040;
    /** Register. */
    public static final int QUEUE_READY = 0x044;
    /** Register. */
    public static final int QUEUE_NOTIFY = 0x050;
    /** Register. */
    public static final int INTERRUPT_STATUS = 0x060;
    /** Register. */
    public static final int INTERRUPT_ACK = 0x064;
    /** Register. */
    public static final int STATUS = 0x070;
    /** Register, the lower half of two. */
    public static final int QUEUE_DESC = 0x080;
    /** Register, the lower half of two. */
    public static final int QUEUE_DRIVER = 0x090;
    /** Register, the lower half of two. */
    public static final int QUEUE_DEVICE = 0x0a0;
    /** Register. */
    public static final int CONFIG_GENERATION = 0x0fc;
    /** The start of the configuration space. */
    public static final int CONFIG = 0x100;

    private final boolean legacy;
    private int queues;
    private DeviceBench bench;
    private long features;
    private long free = DeviceBench.MEMORY_BASE;

    /** A driver for the device on a bench. It uses guest memory from its start on. */
    public VirtioDriver(DeviceBench bench) {
        this.bench = bench;
        this.legacy = read(VERSION) == 1;
    }

    /** Whether the device has the legacy registers. */
    public boolean legacy() {
        return legacy;
    }

    /** The bench that it is on. */
    public DeviceBench bench() {
        return bench;
    }

    /** Goes on, as it is, on the bench to which the device was migrated. */
    public void move(DeviceBench target) {
        bench = target;
    }

    /** Fresh guest memory, filled with zeroes, at a multiple of a power of two. */
    public long allocate(long bytes, int alignment) {
        long address = (free + alignment - 1) & -alignment;
        free = address + bytes;
        bench.memory().fill(address, bytes, (byte) 0);
        return address;
    }

    /** Reads a 32-bit register. */
    public int read(int register) {
        return (int) bench.read(register, 4);
    }

    /** Writes a 32-bit register. */
    public void write(int register, int value) {
        bench.write(register, 4, value & 0xffff_ffffL);
    }

    /** Writes two registers that hold the halves of a value. */
    public void writePair(int register, long value) {
        write(register, (int) value);
        write(register + 4, (int) (value >>> 32));
    }

    /** The feature bits that the device offers. */
    public long offered() {
        write(DEVICE_FEATURES_SEL, 0);
        long low = read(DEVICE_FEATURES) & 0xffff_ffffL;
        write(DEVICE_FEATURES_SEL, 1);
        return low | (long) read(DEVICE_FEATURES) << 32;
    }

    /** The feature bits in force. */
    public long features() {
        return features;
    }

    /** Resets the device and waits until it says that the reset is complete. */
    public void reset() {
        startReset();
        bench.await("the reset", () -> read(STATUS) == 0);
    }

    /** Resets the device and does not wait; the status reads as 0 when the reset is complete. */
    public void startReset() {
        write(STATUS, 0);
        queues = 0;
    }

    /** Adds bits to the status and gives what the device makes of it. */
    public int addStatus(int bits) {
        write(STATUS, read(STATUS) | bits);
        return read(STATUS);
    }

    /** Writes the driver's feature bits. */
    public void writeFeatures(long bits) {
        features = bits;
        write(DRIVER_FEATURES_SEL, 0);
        write(DRIVER_FEATURES, (int) bits);
        write(DRIVER_FEATURES_SEL, 1);
        write(DRIVER_FEATURES, (int) (bits >>> 32));
    }

    /**
     * Resets the device and settles those features that are wanted and offered. With legacy registers there is no such
     * step: they are only written.
     *
     * @throws AssertionError if the device does not accept them
     */
    public VirtioDriver negotiate(long wanted) {
        reset();
        addStatus(ACKNOWLEDGE);
        addStatus(DRIVER);
        writeFeatures(wanted & offered());
        if (legacy) {
            write(GUEST_PAGE_SIZE, PAGE);
            return this;
        }
        if ((addStatus(FEATURES_OK) & FEATURES_OK) == 0) {
            throw new AssertionError("the device does not accept the features 0x" + Long.toHexString(features));
        }
        return this;
    }

    /** Sets up a split queue with a number of entries; the queues are set up in the order of their numbers. */
    public VirtqueueDriver queue(int size) {
        return new VirtqueueDriver(this, queues++, size);
    }

    /** Sets up a packed queue with a number of entries; the queues are set up in the order of their numbers. */
    public PackedQueueDriver packedQueue(int size) {
        return new PackedQueueDriver(this, queues++, size);
    }

    /** Sets up a queue of the negotiated format; the queues are set up in the order of their numbers. */
    public QueueDriver negotiatedQueue(int size) {
        return (features & RING_PACKED) != 0 ? packedQueue(size) : queue(size);
    }

    /** Programs and enables a queue. */
    void enable(int index, int size, long descriptors, long driverArea, long deviceArea) {
        write(QUEUE_SEL, index);
        write(QUEUE_SIZE, size);
        if (legacy) {
            write(QUEUE_ALIGN, PAGE);
            write(QUEUE_PFN, (int) (descriptors / PAGE));
        } else {
            writePair(QUEUE_DESC, descriptors);
            writePair(QUEUE_DRIVER, driverArea);
            writePair(QUEUE_DEVICE, deviceArea);
            write(QUEUE_READY, 1);
        }
    }

    /** Tells the device that the driver is ready. */
    public void ready() {
        addStatus(DRIVER_OK);
    }

    /** Handles an interrupt: takes its causes and acknowledges them. */
    public int takeInterrupt() {
        int causes = read(INTERRUPT_STATUS);
        write(INTERRUPT_ACK, causes);
        return causes;
    }

    /** Reads a little-endian field of the configuration space of 1, 2, 4 or 8 bytes, in accesses of at most 4. */
    public long config(int offset, int size) {
        return size < 8 ? bench.read(CONFIG + offset, size)
            : bench.read(CONFIG + offset, 4) | bench.read(CONFIG + offset + 4, 4) << 32;
    }
}
