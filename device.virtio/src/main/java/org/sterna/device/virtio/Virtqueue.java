package org.sterna.device.virtio;

import org.sterna.machine.memory.GuestMemory;

/**
 * One virtqueue: what the driver programmed, and the chains that are with the device.
 *
 * <p>When the driver stops the queue while chains are with the device, the queue <em>drains</em>: it takes nothing, and
 * the chains that come back are dropped. Until the last one is back the driver is not told that the queue has stopped,
 * since the device may still be writing to their buffers.
 */
public final class Virtqueue {
    private final DriverSession session;
    private final GuestMemory memory;
    private final int index;
    private final int maxSize;
    private QueueState registers;
    private SplitRing ring;
    private DescriptorReader descriptors;
    private int outstanding;
    private boolean draining;

    Virtqueue(DriverSession session, GuestMemory memory, int index, int maxSize) {
        this.session = session;
        this.memory = memory;
        this.index = index;
        this.maxSize = maxSize;
        this.registers = QueueState.untouched(maxSize);
    }

    /** Its number in the device, from 0. */
    public int index() {
        return index;
    }

    /**
     * The next chain that the driver has made available, or null if there is none. A chain that breaks the rules stops
     * the device until it is reset.
     */
    public DescriptorChain poll() {
        if (ring == null || draining || !session.operating()) {
            return null;
        }
        try {
            if (!ring.hasNext()) {
                return null;
            }
            DescriptorChain chain = descriptors.read(this, ring.take());
            outstanding++;
            return chain;
        } catch (DriverFault fault) {
            fail(fault.getMessage());
            return null;
        }
    }

    boolean wantsCompletions() {
        return !draining && session.operating();
    }

    void complete(int head, long written) {
        outstanding--;
        if (draining) {
            if (outstanding == 0) {
                draining = false;
                session.drained();
            }
        } else if (session.operating() && ring.push(head, written)) {
            session.notifyUsed();
        }
    }

    void fail(String reason) {
        session.fail("queue " + index + ": " + reason);
    }

    int maxSize() {
        return maxSize;
    }

    boolean ready() {
        return registers.ready();
    }

    boolean draining() {
        return draining;
    }

    /** What the driver programmed, with the current place in the rings. */
    QueueState state() {
        return ring == null ? registers : at(registers, ring.nextAvailable(), ring.nextUsed());
    }

    private static QueueState at(QueueState r, short nextAvailable, short nextUsed) {
        return new QueueState(r.size(), r.ready(), r.descriptorArea(), r.driverArea(), r.deviceArea(), nextAvailable,
            nextUsed);
    }

    /** Takes what the driver wrote to the registers of a queue that is not enabled. */
    void program(QueueState written) {
        registers = written;
    }

    /** Enables the queue, if it has been programmed rightly. */
    void enable() {
        String obstacle = registers.obstacle(memory, maxSize);
        if (obstacle != null) {
            fail(obstacle);
            return;
        }
        QueueState r = registers;
        open(new QueueState(r.size(), true, r.descriptorArea(), r.driverArea(), r.deviceArea(), (short) 0, (short) 0));
    }

    private void open(QueueState state) {
        registers = state;
        ring = new SplitRing(memory, state, session.acknowledged(RingFeatures.EVENT_IDX));
        descriptors = new DescriptorReader(memory, state.descriptorArea(), state.size(),
            session.acknowledged(RingFeatures.INDIRECT_DESC));
    }

    /** Takes nothing more from the rings and writes nothing more to them. */
    void stop() {
        QueueState r = registers;
        registers = new QueueState(r.size(), false, r.descriptorArea(), r.driverArea(), r.deviceArea(), (short) 0,
            (short) 0);
        ring = null;
        descriptors = null;
        draining = outstanding > 0;
    }

    void reset() {
        stop();
        registers = QueueState.untouched(maxSize);
    }

    /**
     * Takes over a state.
     *
     * @throws IllegalArgumentException if no driver could have brought the queue into it
     */
    void restore(QueueState state) {
        reset();
        if (!state.ready()) {
            registers = state;
            return;
        }
        String obstacle = state.obstacle(memory, maxSize);
        if (obstacle != null) {
            throw new IllegalArgumentException("queues[" + index + "]: " + obstacle);
        }
        open(state);
    }
}
