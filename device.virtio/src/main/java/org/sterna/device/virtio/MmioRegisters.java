package org.sterna.device.virtio;

/** The 32-bit registers of the MMIO transport: here those that both layouts have in the same places. */
abstract sealed class MmioRegisters permits ModernRegisters, LegacyRegisters {
    /** "virt". */
    private static final int MAGIC = 0x7472_6976;
    /** "STRN". */
    private static final int VENDOR = 0x4e52_5453;

    private final DriverSession session;
    private final int deviceId;
    private int deviceFeaturesSelect;
    private int driverFeaturesSelect;
    private int queueSelect;

    MmioRegisters(DriverSession session, int deviceId) {
        this.session = session;
        this.deviceId = deviceId;
    }

    /** The layout's number. */
    abstract int version();

    /** Reads a register that only this layout has; 0 if there is none. */
    abstract int readOwn(int offset);

    /** Writes a register that only this layout has. */
    abstract void writeOwn(int offset, int value);

    /** What is not in {@link TransportState}. */
    abstract LegacyState legacyState();

    final DriverSession session() {
        return session;
    }

    final int read(int offset) {
        return switch (offset) {
            case 0x000 -> MAGIC;
            case 0x004 -> version();
            case 0x008 -> deviceId;
            case 0x00c -> VENDOR;
            case 0x010 -> word(session.offered().bits(), deviceFeaturesSelect);
            case 0x034 -> selected() == null ? 0 : selected().maxSize();
            case 0x060 -> session.interruptStatus();
            case 0x070 -> session.visibleStatus();
            default -> readOwn(offset);
        };
    }

    private static int word(long bits, int select) {
        return switch (select) {
            case 0 -> (int) bits;
            case 1 -> (int) (bits >>> 32);
            default -> 0;
        };
    }

    final void write(int offset, int value) {
        switch (offset) {
            case 0x014 -> deviceFeaturesSelect = value;
            case 0x020 -> session.writeFeatures(driverFeaturesSelect, value);
            case 0x024 -> driverFeaturesSelect = value;
            case 0x030 -> queueSelect = value;
            case 0x038 -> writeSize(value);
            case 0x050 -> session.notified(value);
            case 0x064 -> session.acknowledgeInterrupt(value);
            case 0x070 -> writeStatus(value);
            default -> writeOwn(offset, value);
        }
    }

    private void writeSize(int value) {
        Virtqueue queue = selected();
        if (queue != null && !queue.ready()) {
            QueueState r = queue.state();
            queue.program(QueueState.stopped(value, r.descriptorArea(), r.driverArea(), r.deviceArea()));
        }
    }

    private void writeStatus(int value) {
        if (value == 0) {
            reset();
        } else {
            session.writeStatus(value);
        }
    }

    /** The selected queue, or null if there is none of that number. */
    final Virtqueue selected() {
        return session.queue(queueSelect);
    }

    /** Resets transport, queues and device, as the driver does by writing 0 to the status. */
    void reset() {
        deviceFeaturesSelect = 0;
        driverFeaturesSelect = 0;
        queueSelect = 0;
        session.reset();
    }

    /** Resets everything, as power does. */
    void powerOn() {
        reset();
    }

    final TransportState state() {
        return new TransportState(session.status(), session.driverFeatures(), session.interruptStatus(),
            session.configGeneration(), deviceFeaturesSelect, driverFeaturesSelect, queueSelect,
            session.queues().stream().map(Virtqueue::state).toList());
    }

    /**
     * Takes over a state.
     *
     * @throws IllegalArgumentException if it contradicts itself or the features offered here
     */
    void restore(TransportState state, LegacyState legacy) {
        session.restore(state);
        deviceFeaturesSelect = state.deviceFeaturesSelect();
        driverFeaturesSelect = state.driverFeaturesSelect();
        queueSelect = state.queueSelect();
    }
}
