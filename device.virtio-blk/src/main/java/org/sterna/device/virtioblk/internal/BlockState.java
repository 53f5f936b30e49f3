package org.sterna.device.virtioblk.internal;

import org.sterna.device.virtio.TransportState;
import org.sterna.machine.state.Field;

/**
 * The state of a block device. Requests are complete and their data is in the file before it is taken, so there is
 * nothing of the device's own to carry.
 *
 * @param transport the transport and the request queue
 */
public record BlockState(@Field(1) TransportState transport) {
}
