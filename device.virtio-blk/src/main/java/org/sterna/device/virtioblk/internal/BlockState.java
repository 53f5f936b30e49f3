package org.sterna.device.virtioblk.internal;

import org.sterna.device.virtio.LegacyState;
import org.sterna.device.virtio.TransportState;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;

/**
 * The state of a block device. Requests are complete and their data is in the file before it is taken.
 *
 * @param transport the transport and the request queues
 * @param legacy    what a legacy driver has written beyond that
 * @param cacheOff  whether the driver has turned the disk's cache off
 */
public record BlockState(@Field(1) TransportState transport, @Field(id = 2, since = 2) @Default("") LegacyState legacy,
        @Field(id = 3, since = 2) @Default("false") boolean cacheOff) {
}
