package org.sterna.device.virtioblk.internal;

import org.sterna.device.virtio.VirtioMmio;

/**
 * Whether a write is complete as soon as the host's cache has it. That is so if the driver knows how to flush, neither
 * it nor the host's user has turned the cache off (virtio 1.3, sections 5.2.5 and 5.2.6.2).
 */
final class WriteCache {
    private final VirtioMmio transport;
    private final boolean adjustable;
    private final boolean throughByHost;
    private boolean on = true;

    WriteCache(VirtioMmio transport, BlockSettings settings) {
        this.transport = transport;
        this.adjustable = settings.get(BlockProperties.CONFIG_WCE);
        this.throughByHost = settings.writeThrough();
    }

    /** Whether the driver has left it on. */
    boolean isOn() {
        return on;
    }

    /** The writeback field. What the host's user wants is not the guest's business. */
    boolean writeBack() {
        // A legacy driver reads the field before its features are in force.
        return on && (!transport.negotiated() || transport.acknowledged(BlockProperties.FLUSH));
    }

    /** Whether the driver may write the field; a legacy one may before its features are in force. */
    boolean adjustable() {
        return adjustable && (!transport.negotiated() || transport.acknowledged(BlockProperties.CONFIG_WCE));
    }

    /** Turns it on or off; gives whether it has been turned off now. */
    boolean turn(boolean wanted) {
        boolean turnedOff = on && !wanted;
        on = wanted;
        return turnedOff;
    }

    /** Whether a change must be on the disk when it is complete. */
    boolean writesGoThrough() {
        return throughByHost || !on || !transport.acknowledged(BlockProperties.FLUSH);
    }
}
