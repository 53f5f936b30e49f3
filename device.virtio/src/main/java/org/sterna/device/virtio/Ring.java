package org.sterna.device.virtio;

import java.util.List;

/** The device's side of one virtqueue in guest memory, with its place there. */
sealed interface Ring permits SplitRing, PackedRing {
    /**
     * Whether the driver has made a chain available; if not, it will notify when it does.
     *
     * @throws DriverFault if what is there breaks the rules
     */
    boolean hasNext() throws DriverFault;

    /**
     * Takes the next chain that the driver has made available.
     *
     * @return the chain, or null if there is none; the driver will notify then
     * @throws DriverFault if what is there breaks the rules
     */
    DescriptorChain take(Virtqueue queue) throws DriverFault;

    /**
     * Gives a chain back to the driver.
     *
     * @param written how many bytes have been written to its buffers
     * @return whether the driver wants to be notified
     */
    boolean give(DescriptorChain chain, long written);

    /**
     * Makes chains that were taken available again, as the next ones to take, in this order. Their entries in the ring may have been
     * written over since by those of chains that came back earlier, so they are written anew; the guest stands still.
     *
     * @param chains some that have not been given back, none of them among the free ones of the driver
     */
    void putBack(List<DescriptorChain> chains);

    /** The place of the next chain to take, for {@link QueueState}. */
    short nextAvailable();

    /** The place of the next chain to give back, for {@link QueueState}. */
    short nextUsed();
}
