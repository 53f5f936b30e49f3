package org.sterna.device.virtio;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.sterna.device.virtio.LegacyState.LegacyQueueState;

/**
 * The registers of virtio 1.3, section 4.2.4. A queue is one run of memory, which begins at a page whose number the
 * driver writes: descriptors, available ring, padding up to the alignment, used ring (section 2.7.2).
 */
final class LegacyRegisters extends MmioRegisters {
    /** The alignment that every driver uses. */
    private static final int USUAL_ALIGN = 4096;

    private final int[] aligns;
    private final int[] pages;
    private int guestPageSize;

    LegacyRegisters(DriverSession session, int deviceId) {
        super(session, deviceId);
        aligns = new int[session.queues().size()];
        pages = new int[aligns.length];
    }

    @Override
    int version() {
        return 1;
    }

    @Override
    int readOwn(int offset) {
        Virtqueue queue = selected();
        // A queue that still has chains with the device is still in use.
        return offset == 0x040 && queue != null && (queue.ready() || queue.draining()) ? pages[queue.index()] : 0;
    }

    @Override
    void writeOwn(int offset, int value) {
        Virtqueue queue = selected();
        if (offset == 0x028) {
            guestPageSize = value;
        } else if (offset == 0x03c && queue != null && !queue.ready()) {
            aligns[queue.index()] = value;
        } else if (offset == 0x040 && queue != null) {
            writePage(queue, value);
        }
    }

    private void writePage(Virtqueue queue, int page) {
        if (page == 0 && queue.ready()) {
            queue.stop();
        } else if (page != 0 && !queue.ready()) {
            pages[queue.index()] = page;
            long align = Integer.toUnsignedLong(aligns[queue.index()]);
            long pageSize = Integer.toUnsignedLong(guestPageSize);
            if (Long.bitCount(align) != 1 || Long.bitCount(pageSize) != 1) {
                queue.fail("the alignment " + align + " or the page size " + pageSize + " is not a power of two");
                return;
            }
            int size = queue.state().size();
            long descriptors = Integer.toUnsignedLong(page) * pageSize;
            long available = descriptors + 16L * size;
            // The available ring ends with the 16-bit index of VIRTIO_F_EVENT_IDX.
            long used = available + 6 + 2L * size + align - 1 & -align;
            queue.program(QueueState.stopped(size, descriptors, available, used));
            queue.enable();
        }
    }

    @Override
    void reset() {
        super.reset();
        Arrays.fill(aligns, USUAL_ALIGN);
        Arrays.fill(pages, 0);
    }

    /** A driver's own reset keeps the page size: Linux writes it before it resets the device for the first time. */
    @Override
    void powerOn() {
        super.powerOn();
        guestPageSize = 0;
    }

    @Override
    LegacyState legacyState() {
        return new LegacyState(guestPageSize, IntStream.range(0, aligns.length)
            .mapToObj(queue -> new LegacyQueueState(aligns[queue], pages[queue])).toList());
    }

    @Override
    void restore(TransportState state, LegacyState legacy) {
        if (legacy.queues().size() != aligns.length) {
            throw new IllegalArgumentException("legacy.queues has a value that this device cannot have");
        }
        super.restore(state, legacy);
        guestPageSize = legacy.guestPageSize();
        for (int queue = 0; queue < aligns.length; queue++) {
            aligns[queue] = legacy.queues().get(queue).align();
            pages[queue] = legacy.queues().get(queue).page();
        }
    }
}
