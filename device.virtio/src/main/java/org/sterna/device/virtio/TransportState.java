package org.sterna.device.virtio;

import java.util.List;
import org.sterna.machine.state.Field;

/**
 * The state of a virtio device's transport and queues; a device puts it into its own state as one field.
 *
 * @param status               the device status (virtio 1.3, section 2.1)
 * @param driverFeatures       the feature bits that the driver wrote
 * @param interruptStatus      bit 0: used buffers, bit 1: configuration change
 * @param configGeneration     how often the configuration space has changed, modulo 2^32
 * @param deviceFeaturesSelect the word of the device's features that the driver selected
 * @param driverFeaturesSelect the word of the driver's features that the driver selected
 * @param queueSelect          the queue that the driver selected
 * @param queues               the queues
 */
public record TransportState(@Field(1) int status, @Field(2) long driverFeatures, @Field(3) int interruptStatus,
        @Field(4) int configGeneration, @Field(5) int deviceFeaturesSelect, @Field(6) int driverFeaturesSelect,
        @Field(7) int queueSelect, @Field(8) List<QueueState> queues) {
    /** Copies the list. */
    public TransportState {
        queues = List.copyOf(queues);
    }
}
