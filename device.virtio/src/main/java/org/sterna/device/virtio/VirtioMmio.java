package org.sterna.device.virtio;

import java.util.List;
import java.util.Set;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.memory.MmioHandler;

/**
 * The modern registers of the MMIO transport (virtio 1.3, section 4.2.2), version 2. A device passes its register
 * accesses on to it and makes its state a field of its own.
 *
 * <p>Accesses that the specification does not allow (another width than 32 bits below the configuration space, an
 * unknown register, a register that is read-only or not writable in this state) read as 0 and write nothing.
 */
public final class VirtioMmio implements MmioHandler {
    /** The size of the register range in bytes. */
    public static final long REGISTER_BYTES = 0x200;
    /** The kind of slot that its devices are plugged into. */
    public static final String SLOT = "virtio-mmio";
    /** How its devices are announced. */
    public static final DeviceNode NODE = DeviceNode.of("virtio_mmio", "virtio,mmio");

    /** "virt". */
    private static final int MAGIC = 0x7472_6976;
    private static final int VERSION = 2;
    /** "STRN". */
    private static final int VENDOR = 0x4e52_5453;
    private static final int CONFIG = 0x100;
    /** The length and base of a shared memory region that does not exist (section 4.2.2.1). */
    private static final int NO_REGION = -1;

    private final VirtioFunction function;
    private final DriverSession session;
    private int deviceFeaturesSelect;
    private int driverFeaturesSelect;
    private int queueSelect;

    /**
     * The transport of one device.
     *
     * @param context    the device's context
     * @param function   the device
     * @param properties its model's properties, {@link RingFeatures#ALL} among them; the features that are on are
     *                   offered
     * @param queueSizes the greatest size of each queue, a power of two up to 32768
     * @throws MachineException if VIRTIO_F_VERSION_1 is off
     */
    public VirtioMmio(DeviceContext context, VirtioFunction function, List<Property<?>> properties, int... queueSizes) {
        FeatureSet offered = FeatureSet.offered(context, properties);
        if ((offered.bits() & RingFeatures.mask(RingFeatures.VERSION_1)) == 0) {
            throw MachineException.usage(context.path(), RingFeatures.VERSION_1.name(),
                "a device with modern registers cannot be used without it", "leave it on");
        }
        this.function = function;
        this.session = new DriverSession(context, function, offered, queueSizes);
    }

    @Override
    public long read(long offset, int size) {
        if (offset >= CONFIG) {
            return function.config().read(offset - CONFIG, size);
        }
        return size == 4 ? readRegister((int) offset) & 0xffff_ffffL : 0;
    }

    private int readRegister(int offset) {
        return switch (offset) {
            case 0x000 -> MAGIC;
            case 0x004 -> VERSION;
            case 0x008 -> function.deviceId();
            case 0x00c -> VENDOR;
            case 0x010 -> word(session.offered().bits(), deviceFeaturesSelect);
            case 0x034 -> selected() == null ? 0 : selected().maxSize();
            // A queue that still has chains with the device has not stopped (section 4.2.2.2).
            case 0x044 -> selected() != null && (selected().ready() || selected().draining()) ? 1 : 0;
            case 0x060 -> session.interruptStatus();
            case 0x070 -> session.visibleStatus();
            case 0x0b0, 0x0b4, 0x0b8, 0x0bc -> NO_REGION;
            case 0x0fc -> session.configGeneration();
            default -> 0;
        };
    }

    private static int word(long bits, int select) {
        return switch (select) {
            case 0 -> (int) bits;
            case 1 -> (int) (bits >>> 32);
            default -> 0;
        };
    }

    @Override
    public void write(long offset, int size, long value) {
        if (size != 4 || offset >= CONFIG) {
            return;
        }
        int word = (int) value;
        switch ((int) offset) {
            case 0x014 -> deviceFeaturesSelect = word;
            case 0x020 -> session.writeFeatures(driverFeaturesSelect, word);
            case 0x024 -> driverFeaturesSelect = word;
            case 0x030 -> queueSelect = word;
            case 0x044 -> writeReady(word);
            case 0x050 -> notify(word);
            case 0x064 -> session.acknowledgeInterrupt(word);
            case 0x070 -> writeStatus(word);
            default -> programQueue((int) offset, word);
        }
    }

    private void writeStatus(int value) {
        if (value == 0) {
            reset();
        } else {
            session.writeStatus(value);
        }
    }

    private void notify(int index) {
        if (index >= 0 && index < session.queues().size()) {
            session.serve(session.queues().get(index));
        }
    }

    private void writeReady(int value) {
        Virtqueue queue = selected();
        if (queue == null) {
            return;
        }
        if (value == 0 && queue.ready()) {
            queue.stop();
        } else if (value == 1 && !queue.ready() && session.featuresOk()) {
            queue.enable();
        }
    }

    private void programQueue(int offset, int value) {
        Virtqueue queue = selected();
        if (queue == null || queue.ready()) {
            return;
        }
        QueueState r = queue.state();
        int size = offset == 0x038 ? value : r.size();
        queue.program(new QueueState(size, false, half(r.descriptorArea(), offset - 0x080, value),
            half(r.driverArea(), offset - 0x090, value), half(r.deviceArea(), offset - 0x0a0, value), (short) 0,
            (short) 0));
    }

    /** A 64-bit register of which one half is written, if the distance says so. */
    private static long half(long register, int distance, int value) {
        return switch (distance) {
            case 0 -> register & ~0xffff_ffffL | value & 0xffff_ffffL;
            case 4 -> register & 0xffff_ffffL | (long) value << 32;
            default -> register;
        };
    }

    private Virtqueue selected() {
        return queueSelect >= 0 && queueSelect < session.queues().size() ? session.queues().get(queueSelect) : null;
    }

    /** Resets transport, queues and device, as the driver does by writing 0 to the status. */
    public void reset() {
        deviceFeaturesSelect = 0;
        driverFeaturesSelect = 0;
        queueSelect = 0;
        session.reset();
    }

    /** Serves what the driver has made available; called when the guest starts to run. */
    public void start() {
        session.serveAll();
    }

    /** Tells the driver that the configuration space has changed. */
    public void configChanged() {
        session.configChanged();
    }

    /** Whether a feature is in force: offered, and accepted by the driver. */
    public boolean acknowledged(Property<Boolean> feature) {
        return session.acknowledged(feature);
    }

    /** The names of the features in force. */
    public Set<String> acknowledged() {
        return session.offered().namesOf(session.acknowledged());
    }

    /** Why the device needs a reset, for people; the empty string if it does not, or if it was restored so. */
    public String fault() {
        return session.fault();
    }

    /** The state. */
    public TransportState state() {
        return new TransportState(session.status(), session.driverFeatures(), session.interruptStatus(),
            session.configGeneration(), deviceFeaturesSelect, driverFeaturesSelect, queueSelect,
            session.queues().stream().map(Virtqueue::state).toList());
    }

    /**
     * Takes over a state.
     *
     * @throws IllegalArgumentException if the state contradicts itself or the features offered here
     */
    public void restore(TransportState state) {
        session.restore(state);
        deviceFeaturesSelect = state.deviceFeaturesSelect();
        driverFeaturesSelect = state.driverFeaturesSelect();
        queueSelect = state.queueSelect();
    }
}
