package org.sterna.device.virtio;

import java.util.List;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType.Choice;

/**
 * The properties that the transport gives to a device type with both layouts of registers and both kinds of ring. What
 * was there from a type's first ABI version on is in {@link RingFeatures}; the rest came with some later version of the
 * type, which only the type knows. A device type makes one object of this class and lists {@link #registers()} and then,
 * anywhere later, {@link #features()} in its model.
 */
public final class TransportProperties {
    /** The value of {@link #registers()} for the registers of virtio 1.3, section 4.2.2. */
    public static final String MODERN = "modern";
    /** The value of {@link #registers()} for the registers of virtio 1.3, section 4.2.4. */
    public static final String LEGACY = "legacy";

    private final Property<String> registers;
    private final List<Property<?>> features;

    /**
     * The properties of one device type.
     *
     * @param since the version of the type's ABI that brought the choice of registers and the packed ring
     */
    public TransportProperties(String since) {
        registers = Property.guest("registers", new Choice(List.of(MODERN, LEGACY))).since(since).before(MODERN)
            .defaultValue(MODERN).meaning("The layout of the registers: version 2 of virtio-mmio, or the legacy version 1.");
        features = List.of(RingFeatures.INDIRECT_DESC, RingFeatures.EVENT_IDX,
            Property.feature("ring-packed", RingFeatures.RING_PACKED_BIT).since(since).when(registers, MODERN)
                .defaultValue(false).meaning("The driver may choose packed instead of split virtqueues."),
            Property.feature(RingFeatures.VERSION_1.name(), RingFeatures.VERSION_1.bit().getAsInt())
                .when(registers, MODERN)
                .meaning("The device follows virtio 1.x; it cannot be turned off with the modern registers."));
    }

    /** The layout of the registers, {@link #MODERN} (the default) or {@link #LEGACY}. */
    public Property<String> registers() {
        return registers;
    }

    /** The features of the rings and the transport. */
    public List<Property<?>> features() {
        return features;
    }
}
