package org.sterna.device.virtio;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.memory.MmioHandler;

/**
 * The MMIO transport: the modern registers (virtio 1.3, section 4.2.2) or the legacy ones (section 4.2.4). A device
 * passes its register accesses on to it and makes its state a field of its own.
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

    private static final int CONFIG = 0x100;

    private final VirtioFunction function;
    private final DriverSession session;
    private final MmioRegisters registers;

    /**
     * The transport of a device that has modern registers only.
     *
     * @param context    the device's context
     * @param function   the device
     * @param properties its model's properties, {@link RingFeatures#ALL} among them; the features that are on are
     *                   offered
     * @param queueSizes the greatest size of each queue, a power of two up to 32768
     * @throws MachineException if VIRTIO_F_VERSION_1 is off
     */
    public VirtioMmio(DeviceContext context, VirtioFunction function, List<Property<?>> properties, int... queueSizes) {
        this(context, function, false, properties, queueSizes);
    }

    /**
     * The transport of a device that has the registers that its properties say.
     *
     * @param context    the device's context
     * @param function   the device
     * @param transport  the properties of the transport
     * @param properties its model's properties, those of the transport among them; the features that are on are offered
     * @param queueSizes the greatest size of each queue, a power of two up to 32768
     * @throws MachineException if VIRTIO_F_VERSION_1 is off with modern registers
     * @since 1.1
     */
    public VirtioMmio(DeviceContext context, VirtioFunction function, TransportProperties transport,
            List<Property<?>> properties, int... queueSizes) {
        this(context, function, context.get(transport.registers()).equals(TransportProperties.LEGACY), properties,
            queueSizes);
    }

    private VirtioMmio(DeviceContext context, VirtioFunction function, boolean legacy, List<Property<?>> properties,
            int... queueSizes) {
        FeatureSet offered = FeatureSet.offered(context, properties);
        if (!legacy && (offered.bits() & RingFeatures.mask(RingFeatures.VERSION_1)) == 0) {
            throw MachineException.usage(context.path(), RingFeatures.VERSION_1.name(),
                "a device with modern registers cannot be used without it", "leave it on");
        }
        this.function = function;
        this.session = new DriverSession(context, function, offered, legacy, queueSizes);
        this.registers = legacy ? new LegacyRegisters(session, function.deviceId())
            : new ModernRegisters(session, function.deviceId());
    }

    @Override
    public long read(long offset, int size) {
        if (offset >= CONFIG) {
            return function.config().read(offset - CONFIG, size);
        }
        return size == 4 ? registers.read((int) offset) & 0xffff_ffffL : 0;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset >= CONFIG) {
            function.writeConfig((int) offset - CONFIG, size, value);
        } else if (size == 4) {
            registers.write((int) offset, (int) value);
        }
    }

    /** Resets transport, queues and device to what they are after power-on. */
    public void reset() {
        registers.powerOn();
    }

    /** Serves what the driver has made available; called when the guest starts to run. */
    public void start() {
        session.turns().serveAll();
    }

    /**
     * Puts requests back into their queues unanswered, as if the device had never taken them, so that they are no part of the state:
     * whoever has the device when the guest goes on takes them again. A device does this in {@link
     * org.sterna.machine.device.Device#quiesce}, only there, with requests that it could not carry out but will.
     *
     * @param chains chains that have not been completed, in the order in which those of a queue are to be taken again
     * @since 1.2
     */
    public void putBack(List<DescriptorChain> chains) {
        var byQueue = new LinkedHashMap<Virtqueue, List<DescriptorChain>>();
        chains.forEach(chain -> byQueue.computeIfAbsent(chain.queue(), queue -> new ArrayList<>()).add(chain));
        byQueue.forEach(Virtqueue::putBack);
    }

    /** Tells the driver that the configuration space has changed. */
    public void configChanged() {
        session.configChanged();
    }

    /**
     * Whether the features are settled, so that {@link #acknowledged(Property)} tells what the driver wants.
     *
     * @since 1.1
     */
    public boolean negotiated() {
        return session.featuresOk();
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
        return registers.state();
    }

    /**
     * What a legacy driver has written; {@link LegacyState#UNUSED} if the registers are modern.
     *
     * @since 1.1
     */
    public LegacyState legacyState() {
        return registers.legacyState();
    }

    /**
     * Takes over the state of a device with modern registers.
     *
     * @throws IllegalArgumentException if the state contradicts itself or the features offered here
     */
    public void restore(TransportState state) {
        restore(state, LegacyState.UNUSED);
    }

    /**
     * Takes over a state.
     *
     * @throws IllegalArgumentException if the state contradicts itself, the layout of the registers or the features
     *                                  offered here
     * @since 1.1
     */
    public void restore(TransportState state, LegacyState legacy) {
        registers.restore(state, legacy);
    }
}
