package org.sterna.machine.internal;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.sterna.machine.MachineException;
import org.sterna.machine.text.DurationText;
import org.sterna.machine.time.GuestClock;

/** Starts and stops processors, guest time and devices together. Called under the machine's lock. */
final class Movement {
    /** How long a device may take to come to rest by itself while the guest runs, before the guest is stopped for it. */
    private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    /** How long the guest first stands still for I/O in flight; each time that this is not enough it is doubled. */
    private static final long FIRST_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long LAST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(4);

    private final String machine;
    private final Processors processors;
    private final GuestClock clock;
    private final Devices devices;
    private final CallLimits limits;

    Movement(String machine, Processors processors, GuestClock clock, Devices devices, CallLimits limits) {
        this.machine = machine;
        this.processors = processors;
        this.clock = clock;
        this.devices = devices;
        this.limits = limits;
    }

    /**
     * Lets the guest run.
     *
     * @throws MachineException if a device cannot start; everything stands still then
     */
    void start() {
        clock.start();
        boolean started = false;
        try {
            devices.start();
            started = true;
        } finally {
            if (!started) {
                clock.stop(limits.stop());
                devices.quiesceStarted();
            }
        }
        processors.go();
    }

    /**
     * Stops processors, time and I/O.
     *
     * @throws MachineException if a processor, a timer, a device or I/O goes on after a bounded time
     */
    void stop() {
        processors.halt();
        processors.awaitHalt(limits.stop());
        stopTime();
        devices.quiesce();
    }

    /**
     * Stops all but what hangs: I/O of some device does not return.
     *
     * @throws MachineException if anything else goes on after a bounded time
     */
    void stopAroundStalled() {
        processors.halt();
        processors.awaitHalt(limits.stop());
        stopTime();
        devices.quiesceUnlessStalled();
    }

    /**
     * Stops processors and time when a part of guest memory is lost: the devices come to rest as far as they can
     * without it.
     *
     * @throws MachineException if a processor or a timer goes on after a bounded time
     */
    void stopWithoutMemory() {
        processors.halt();
        processors.awaitHalt(limits.stop());
        stopTime();
        devices.quiesceStarted();
    }

    private void stopTime() {
        if (!clock.stop(limits.stop())) {
            throw MachineException.failed(machine, "",
                "a timer of a device has not returned in " + DurationText.of(limits.stop()),
                "a device hangs: look at its back end");
        }
    }

    /**
     * Does something while processors and guest time stand still and one device has no I/O in flight. Nobody but the guest stops for it,
     * and it no longer than need be: until the device comes to rest it mostly runs.
     *
     * @param goesOn whether the guest is to go on after that
     * @return how long the guest stood still, in nanoseconds
     * @throws MachineException if I/O is still in flight after a bounded time, or a processor or a timer goes on
     */
    long pauseFor(DeviceSlot device, BooleanSupplier goesOn, Runnable action) {
        long stood = 0;
        for (long patience = FIRST_PATIENCE_NANOS; patience <= LAST_PATIENCE_NANOS; patience *= 2) {
            device.drain(System.nanoTime() + REST_NANOS);
            long start = System.nanoTime();
            boolean still = false;
            try {
                processors.halt();
                processors.awaitHalt(limits.stop());
                still = device.drain(System.nanoTime() + patience);
                if (still) {
                    stopTime();
                    action.run();
                }
            } finally {
                if (goesOn.getAsBoolean()) {
                    clock.start();
                    processors.go();
                }
                stood += System.nanoTime() - start;
            }
            if (still) {
                return stood;
            }
        }
        throw MachineException.failed(device.path(), "", "I/O is still in flight", "look at the device's back end");
    }
}
