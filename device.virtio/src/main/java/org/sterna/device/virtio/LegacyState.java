package org.sterna.device.virtio;

import java.util.List;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;

/**
 * What a legacy driver has written beyond {@link TransportState}. A device type that has legacy registers puts it into
 * its own state as one more field with the default {@code ""}: where the registers are modern it is {@link #UNUSED},
 * and a version of the device that has never heard of it can take the state.
 *
 * @param guestPageSize the unit of the page numbers in bytes, or 0 if the driver has not written it
 * @param queues        the legacy registers of each queue; empty where the registers are modern
 */
public record LegacyState(@Field(1) @Default("0") int guestPageSize, @Field(2) @Default("") List<LegacyQueueState> queues) {
    /** The state where the registers are modern. */
    public static final LegacyState UNUSED = new LegacyState(0, List.of());

    /** Copies the list. */
    public LegacyState {
        queues = List.copyOf(queues);
    }

    /**
     * The legacy registers of one queue.
     *
     * @param align the alignment of the used ring in bytes
     * @param page  the page number that was last written
     */
    public record LegacyQueueState(@Field(1) int align, @Field(2) int page) {
    }
}
