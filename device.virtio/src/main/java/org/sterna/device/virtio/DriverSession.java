package org.sterna.device.virtio;

import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.InterruptLine;

/**
 * One driver's use of the device from reset to reset: the status (virtio 1.3, section 2.1), the negotiated features
 * (2.2), the notifications to the driver (2.3), and the queues.
 *
 * <p>A reset takes effect at once, except that the status does not read as 0, which would acknowledge it, before every
 * chain of the old session is back (section 2.4.1). Until then it reads as DEVICE_NEEDS_RESET in addition to what the
 * next driver sets: a driver that waits for 0 waits, and one that does not (Linux over MMIO) may set up its queues,
 * which are served once the old chains are back.
 *
 * <p>A legacy driver (sections 2.2.3 and 3.1.2) has no step that settles the features, and may use a queue before it says
 * that it is ready. What it has written is in force from its first notification, or from DRIVER_OK on; that is kept as
 * FEATURES_OK, which it is never shown.
 */
final class DriverSession {
    private static final int FEATURES_OK = 8;
    private static final int DRIVER_OK = 4;
    private static final int NEEDS_RESET = 64;
    /** ACKNOWLEDGE, DRIVER, FAILED: of the driver's own bits those that mean nothing to the device. */
    private static final int REMARKS = 1 | 2 | 128;
    private static final int STATUS_BITS = REMARKS | FEATURES_OK | DRIVER_OK | NEEDS_RESET;
    private static final int USED_BUFFER = 1;
    private static final int CONFIG_CHANGE = 2;

    private final VirtioFunction function;
    private final FeatureSet offered;
    private final boolean legacy;
    private final InterruptLine line;
    private final ServingTurns turns;
    private final List<Virtqueue> queues = new ArrayList<>();
    private int status;
    private long driverFeatures;
    private int interruptStatus;
    private int configGeneration;
    private boolean resetting;
    private String fault = "";

    DriverSession(DeviceContext context, VirtioFunction function, FeatureSet offered, boolean legacy,
            int... queueSizes) {
        this.function = function;
        this.offered = offered;
        this.legacy = legacy;
        this.line = context.interrupt();
        this.turns = new ServingTurns(context, function, this);
        for (int size : queueSizes) {
            queues.add(new Virtqueue(this, context.memory(), queues.size(), size));
        }
    }

    List<Virtqueue> queues() {
        return queues;
    }

    /** The queue of a number, or null if there is none. */
    Virtqueue queue(int index) {
        return index >= 0 && index < queues.size() ? queues.get(index) : null;
    }

    FeatureSet offered() {
        return offered;
    }

    int status() {
        return status;
    }

    /** The status as the driver reads it. */
    int visibleStatus() {
        int visible = legacy ? status & ~FEATURES_OK : status;
        return resetting ? visible | NEEDS_RESET : visible;
    }

    int interruptStatus() {
        return interruptStatus;
    }

    int configGeneration() {
        return configGeneration;
    }

    long driverFeatures() {
        return driverFeatures;
    }

    String fault() {
        return fault;
    }

    boolean featuresOk() {
        return (status & FEATURES_OK) != 0;
    }

    /** The bits of the features in force; none before the driver has settled them. */
    long acknowledged() {
        return featuresOk() ? driverFeatures : 0;
    }

    boolean acknowledged(Property<Boolean> feature) {
        return (acknowledged() & RingFeatures.mask(feature)) != 0;
    }

    /** The format of the queues' rings; only once the features are settled. */
    RingFormat ringFormat() {
        return (acknowledged() & 1L << RingFeatures.RING_PACKED_BIT) != 0 ? RingFormat.PACKED : RingFormat.SPLIT;
    }

    /** Whether buffers may be taken and given back. */
    boolean operating() {
        int inUse = legacy ? FEATURES_OK : DRIVER_OK;
        return (status & (inUse | NEEDS_RESET)) == inUse && !resetting;
    }

    void writeFeatures(int word, int value) {
        if (!featuresOk() && (word == 0 || word == 1)) {
            int shift = 32 * word;
            driverFeatures = driverFeatures & ~(0xffff_ffffL << shift) | (value & 0xffff_ffffL) << shift;
        }
    }

    /** A driver only ever adds bits, or writes 0 for a reset. */
    void writeStatus(int value) {
        if (value == 0) {
            reset();
            return;
        }
        status |= value & REMARKS;
        if (legacy && (value & DRIVER_OK) != 0) {
            settle();
        } else if ((value & FEATURES_OK) != 0 && acceptable(driverFeatures)) {
            status |= FEATURES_OK;
        }
        if ((value & DRIVER_OK) != 0 && featuresOk() && (status & DRIVER_OK) == 0) {
            status |= DRIVER_OK;
            turns.serveAll();
        }
    }

    private boolean acceptable(long features) {
        return (features & ~offered.bits()) == 0
            && (legacy || (features & RingFeatures.mask(RingFeatures.VERSION_1)) != 0);
    }

    /** Puts what a legacy driver has written into force, as far as it was offered; nobody could tell it otherwise. */
    private void settle() {
        if (!featuresOk()) {
            driverFeatures &= offered.bits();
            status |= FEATURES_OK;
            queues.forEach(Virtqueue::featuresSettled);
        }
    }

    /** The driver has put chains into the queue of a number. */
    void notified(int index) {
        Virtqueue queue = queue(index);
        if (queue != null && queue.ready()) {
            if (legacy) {
                settle();
            }
            turns.serve(queue);
        }
    }

    void reset() {
        status = 0;
        driverFeatures = 0;
        fault = "";
        setInterruptStatus(0);
        queues.forEach(Virtqueue::reset);
        resetting = queues.stream().anyMatch(Virtqueue::draining);
        function.onReset();
    }

    /** A queue that had been stopped has all its chains back. */
    void drained() {
        endReset();
        turns.serveAll();
    }

    /** A reset is over when no queue waits for its chains any more. */
    void endReset() {
        if (queues.stream().noneMatch(Virtqueue::draining)) {
            resetting = false;
        }
    }

    ServingTurns turns() {
        return turns;
    }

    /** Stops the device until the driver resets it (section 2.1.2). */
    void fail(String reason) {
        if ((status & NEEDS_RESET) != 0) {
            return;
        }
        fault = reason;
        status |= NEEDS_RESET;
        if ((status & DRIVER_OK) != 0) {
            setInterruptStatus(interruptStatus | CONFIG_CHANGE);
        }
    }

    void notifyUsed() {
        setInterruptStatus(interruptStatus | USED_BUFFER);
    }

    void configChanged() {
        configGeneration++;
        if ((status & DRIVER_OK) != 0) {
            setInterruptStatus(interruptStatus | CONFIG_CHANGE);
        }
    }

    void acknowledgeInterrupt(int bits) {
        setInterruptStatus(interruptStatus & ~bits);
    }

    private void setInterruptStatus(int bits) {
        interruptStatus = bits;
        line.set(bits != 0);
    }

    /**
     * Takes over a state.
     *
     * @throws IllegalArgumentException if it contradicts itself or what is offered here
     */
    void restore(TransportState state) {
        check((state.status() & ~STATUS_BITS) == 0, "status");
        check((state.interruptStatus() & ~(USED_BUFFER | CONFIG_CHANGE)) == 0, "interruptStatus");
        check((state.status() & FEATURES_OK) == 0 || acceptable(state.driverFeatures()), "driverFeatures");
        check((state.status() & DRIVER_OK) == 0 || (state.status() & FEATURES_OK) != 0, "status");
        check(state.queues().size() == queues.size(), "queues");
        reset();
        status = state.status();
        driverFeatures = state.driverFeatures();
        configGeneration = state.configGeneration();
        for (Virtqueue queue : queues) {
            QueueState queueState = state.queues().get(queue.index());
            check(!queueState.ready() || featuresOk() || legacy, "queues[" + queue.index() + "].ready");
            queue.restore(queueState);
        }
        setInterruptStatus(state.interruptStatus());
    }

    private static void check(boolean holds, String field) {
        if (!holds) {
            throw new IllegalArgumentException(field + " has a value that this device cannot have");
        }
    }
}
