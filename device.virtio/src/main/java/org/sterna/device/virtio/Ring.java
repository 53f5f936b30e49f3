package org.sterna.device.virtio;

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

    /** The place of the next chain to take, for {@link QueueState}. */
    short nextAvailable();

    /** The place of the next chain to give back, for {@link QueueState}. */
    short nextUsed();
}
