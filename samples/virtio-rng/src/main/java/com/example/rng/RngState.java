package com.example.rng;

import org.sterna.device.virtio.TransportState;
import org.sterna.machine.state.Field;

/**
 * The state of an entropy device, which keeps nothing for later.
 *
 * @param transport the transport and the queue
 */
public record RngState(@Field(1) TransportState transport) {
}
