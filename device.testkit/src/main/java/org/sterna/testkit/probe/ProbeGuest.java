package org.sterna.testkit.probe;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.sterna.machine.device.Device;
import org.sterna.testkit.DeviceBench;

/**
 * The guest that a probe plays: what a device author's own {@linkplain Situation situations} are made of. Time stands
 * still for it, and what the device does by itself is over when {@link #read} and {@link #write} return, so that it sees
 * the same every time.
 */
public final class ProbeGuest implements AutoCloseable {
    private static final int MEMORY_BYTES = 512 << 10;

    private final StandingTime time = new StandingTime();
    private final DeviceBench bench;
    private final Map<String, String> observed = new LinkedHashMap<>();

    ProbeGuest(AbiProbe probe) {
        bench = new DeviceBench(probe.factory(), probe.abi(), probe.properties(), time.clock(), MEMORY_BYTES);
        try {
            bench.attach();
            call(Device::reset);
            bench.start();
        } catch (RuntimeException | AssertionError e) {
            bench.close();
            throw e;
        }
    }

    /** The bench that the device is on, for a driver such as {@link org.sterna.testkit.VirtioDriver}. */
    public DeviceBench bench() {
        return bench;
    }

    /** A load of 1, 2, 4 or 8 bytes. */
    public long read(long offset, int size) {
        long value = bench.read(offset, size) & new Access(offset, size).ones();
        settle();
        return value;
    }

    /** A store of 1, 2, 4 or 8 bytes. */
    public void write(long offset, int size, long value) {
        bench.write(offset, size, value & new Access(offset, size).ones());
        settle();
    }

    /** Waits until the device has no I/O in flight. */
    public void settle() {
        if (bench.inFlight() > 0) {
            bench.await("the I/O that a register access has caused", () -> bench.inFlight() == 0);
        }
    }

    /** Some nanoseconds pass. */
    public void pass(long nanos) {
        time.pass(nanos);
    }

    /** The guest is stopped and goes on after some nanoseconds, as in a migration. */
    public void blackout(long nanos) {
        bench.pause();
        time.blackout(nanos);
        bench.start();
    }

    /** Notes something that the registers do not show, such as what the device has written into memory. */
    public void observe(String what, Object value) {
        observed.put(what, value.toString());
    }

    /** Notes what is in memory, as hexadecimal bytes. */
    public void observeMemory(String what, long address, int length) {
        var bytes = new byte[length];
        bench.memory().get(address, bytes, 0, length);
        observe(what, HexFormat.of().formatHex(bytes));
    }

    /** Notes the level of the interrupt line. */
    public void observeInterrupt(String when) {
        observe("interrupt " + when, level(bench.interruptLevel()));
    }

    static String level(boolean high) {
        return high ? "high" : "low";
    }

    /** What was noted since the device was last prepared. */
    Map<String, String> observed() {
        return observed;
    }

    /** Brings the device from power-on into a situation. */
    void prepare(Situation situation) {
        bench.pause();
        time.rewind();
        bench.memory().fill(DeviceBench.MEMORY_BASE, MEMORY_BYTES, (byte) 0);
        call(Device::reset);
        bench.start();
        settle();
        observed.clear();
        try {
            situation.steps().accept(this);
        } catch (AssertionError e) {
            // That a driver cannot go on is what a guest sees, too.
            observe("stopped", e.getMessage());
        }
        settle();
    }

    private void call(Consumer<Device<?>> call) {
        bench.serialized(() -> call.accept(bench.device()));
    }

    @Override
    public void close() {
        bench.close();
    }
}
