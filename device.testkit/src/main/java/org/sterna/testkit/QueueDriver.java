package org.sterna.testkit;

import java.util.List;
import org.sterna.testkit.VirtqueueDriver.Buffer;
import org.sterna.testkit.VirtqueueDriver.Used;

/** The driver's side of one virtqueue of either format. */
public sealed interface QueueDriver permits VirtqueueDriver, PackedQueueDriver {
    /**
     * Makes a chain of descriptors available without a notification.
     *
     * @return what {@link Used#head} says when the chain comes back
     */
    int add(List<Buffer> buffers);

    /**
     * Makes a chain in an indirect table available, without a notification.
     *
     * @param table guest memory for 16 bytes per buffer, where the table is laid out
     * @return what {@link Used#head} says when the chain comes back
     */
    int addIndirect(long table, List<Buffer> buffers);

    /** Notifies the device if it wants it; gives whether it did. */
    boolean kick();

    /** Asks for an interrupt when so many more chains are used than have been taken here; 1 is the next one. */
    void wantInterruptAfter(int chains);

    /** Asks for no interrupts; in a split queue only without VIRTIO_F_EVENT_IDX. */
    void wantNoInterrupts();

    /** The next chain that the device has given back, or null. */
    Used poll();

    /** Waits for the next chain. */
    Used await();
}
