package org.sterna.machine.device;

import java.io.IOException;
import java.nio.channels.Channel;
import java.util.Map;

/**
 * What somebody outside is connected to, on its way from a device to its successor in this process: open channels, by names that
 * all versions of the device type agree on. They are channels of the Java platform, so that nothing of the old bundle is held.
 *
 * <p>Whoever has it either takes it over whole or closes it.
 *
 * @param channels the open channels by name; perhaps none
 * @since 1.3
 */
public record Connections(Map<String, Channel> channels) implements AutoCloseable {
    /** No connection. */
    public static final Connections NONE = new Connections(Map.of());

    /** The channels are the caller's no longer. */
    public Connections {
        channels = Map.copyOf(channels);
    }

    /** Closes every channel. One that cannot be closed properly is of no use to anybody either. */
    @Override
    public void close() {
        for (Channel channel : channels.values()) {
            try {
                channel.close();
            } catch (IOException e) {
                // It does not connect any more.
            }
        }
    }
}
