package org.sterna.device.virtio;

import java.util.List;
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
    private Ring ring;
    private int outstanding;
    private boolean draining;
    /** Whether it is to be served. */
    private boolean due;
    /** Whether it has kept chains back because too much is in flight. */
    private boolean waiting;
    /** How many chains it may still give out in this turn. */
    private int allowance = Integer.MAX_VALUE;

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
     * The next chain that the driver has made available, or null if there is none to be served now: a device that is being
     * {@linkplain VirtioFunction#serve served} gets no more at once than the queue has entries, and while too much is in
     * flight in the device each queue has one chain with it at a time. For what was kept back {@code serve} is called again.
     * A chain that breaks the rules stops the device until it is reset.
     *
     * <p>A device that takes chains elsewhere than in {@code serve} takes one for each thing that it has to say, not all that
     * there are: a driver can make each chain that comes back another one that is available.
     */
    public DescriptorChain poll() {
        if (ring == null || draining || !session.operating()) {
            return null;
        }
        try {
            if (allowance == 0) {
                if (ring.hasNext()) {
                    session.turns().serveRest(this);
                }
                return null;
            }
            waiting = outstanding > 0 && session.turns().inFlight().full();
            DescriptorChain chain = waiting ? null : ring.take(this);
            if (chain != null) {
                chain.begin();
                outstanding++;
                allowance--;
            }
            return chain;
        } catch (DriverFault fault) {
            fail(fault.getMessage());
            return null;
        }
    }

    boolean wantsCompletions() {
        return !draining && session.operating();
    }

    void complete(DescriptorChain chain, long written) {
        outstanding--;
        if (draining) {
            if (outstanding == 0) {
                draining = false;
                session.drained();
            }
        } else if (session.operating() && ring.give(chain, written)) {
            session.notifyUsed();
        }
        session.turns().serveWaiting();
    }

    /**
     * Puts chains back, in the order in which they are to be taken again.
     *
     * @param chains some that are with the device
     */
    void putBack(List<DescriptorChain> chains) {
        chains.forEach(DescriptorChain::abandon);
        outstanding -= chains.size();
        if (draining) {
            draining = outstanding > 0;
            session.endReset();
        } else if (session.operating()) {
            ring.putBack(chains);
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

    InFlight inFlight() {
        return session.turns().inFlight();
    }

    /** Whether it has kept chains back that it can give out now. */
    boolean canGoOn() {
        return waiting && (outstanding == 0 || !session.turns().inFlight().full());
    }

    /** Says that it is to be served. */
    void makeDue() {
        due = true;
    }

    /** Whether it was to be served; it is being served now. */
    boolean takeDue() {
        boolean was = due;
        due = false;
        return was;
    }

    /** Until the end of the turn it gives out no more chains than it has entries: a driver can make any number available. */
    void beginTurn() {
        allowance = registers.size();
    }

    void endTurn() {
        allowance = Integer.MAX_VALUE;
    }

    boolean draining() {
        return draining;
    }

    /** What the driver programmed, with the current place in the rings. */
    QueueState state() {
        return ring == null ? registers : registers.enabledAt(ring.nextAvailable(), ring.nextUsed());
    }

    /** Takes what the driver wrote to the registers of a queue that is not enabled. */
    void program(QueueState written) {
        registers = written;
    }

    /** Enables the queue, if it has been programmed rightly. */
    void enable() {
        short origin = session.ringFormat().origin();
        QueueState enabled = registers.enabledAt(origin, origin);
        String obstacle = session.ringFormat().obstacle(enabled, memory, maxSize);
        if (obstacle != null) {
            fail(obstacle);
            return;
        }
        registers = enabled;
        featuresSettled();
    }

    /** Opens the ring of an enabled queue, of which only the features say how it is used, once these are settled. */
    void featuresSettled() {
        if (registers.ready() && session.featuresOk()) {
            ring = session.ringFormat().open(memory, registers, session.acknowledged(RingFeatures.EVENT_IDX),
                session.acknowledged(RingFeatures.INDIRECT_DESC));
        }
    }

    /** Takes nothing more from the rings and writes nothing more to them. */
    void stop() {
        QueueState r = registers;
        registers = QueueState.stopped(r.size(), r.descriptorArea(), r.driverArea(), r.deviceArea());
        ring = null;
        waiting = false;
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
        String obstacle = state.ready() ? session.ringFormat().obstacle(state, memory, maxSize) : null;
        if (obstacle != null) {
            throw new IllegalArgumentException("queues[" + index + "]: " + obstacle);
        }
        registers = state;
        featuresSettled();
    }
}
