package org.sterna.device.virtio;

import java.util.List;
import org.sterna.machine.abi.Property;

/**
 * The features that belong to the transport and its rings and not to one device (virtio 1.3, section 6). A device with
 * modern registers and split rings only appends {@link #ALL} to the properties of its model; one that has more uses
 * {@link TransportProperties}.
 */
public final class RingFeatures {
    /** VIRTIO_F_INDIRECT_DESC: a descriptor may refer to a table of descriptors. */
    public static final Property<Boolean> INDIRECT_DESC = Property.feature("indirect-desc", 28)
        .meaning("The driver may put a request's descriptors into a table outside the ring.");
    /** VIRTIO_F_EVENT_IDX: each side says which index it wants to be notified of. */
    public static final Property<Boolean> EVENT_IDX = Property.feature("event-idx", 29)
        .meaning("Driver and device tell each other when the next notification is wanted.");
    /** VIRTIO_F_VERSION_1: the device follows version 1 of the specification. */
    public static final Property<Boolean> VERSION_1 = Property.feature("version-1", 32)
        .meaning("The device follows virtio 1.x; it cannot be turned off where only the modern registers exist.");
    /** All features of a device with modern registers and split rings; released devices rely on it as it is. */
    public static final List<Property<?>> ALL = List.of(INDIRECT_DESC, EVENT_IDX, VERSION_1);

    /** VIRTIO_F_RING_PACKED. */
    static final int RING_PACKED_BIT = 34;

    private RingFeatures() {
    }

    /** The mask of a feature's bit. */
    public static long mask(Property<Boolean> feature) {
        return 1L << feature.bit().getAsInt();
    }
}
