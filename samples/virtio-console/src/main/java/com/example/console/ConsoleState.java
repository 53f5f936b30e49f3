package com.example.console;

import org.sterna.device.virtio.TransportState;
import org.sterna.machine.state.Field;

/**
 * The state of a console.
 *
 * @param transport the transport and the queues
 * @param received  how many bytes of the input the driver has got
 */
public record ConsoleState(@Field(1) TransportState transport, @Field(2) long received) {
}
