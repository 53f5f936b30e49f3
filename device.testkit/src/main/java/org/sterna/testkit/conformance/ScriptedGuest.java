package org.sterna.testkit.conformance;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;

/** The guest that a {@link DriverScript} plays. Used by one thread. */
public final class ScriptedGuest {
    private final DeviceBench bench;
    private final Random random;
    private final List<String> notes = new ArrayList<>();
    private VirtioDriver driver;

    ScriptedGuest(DeviceBench bench, long seed) {
        this.bench = bench;
        this.random = new Random(seed);
    }

    /** The bench that the device is on. */
    public DeviceBench bench() {
        return bench;
    }

    /** A driver for the device, if it has the registers of virtio-mmio; always the same. */
    public VirtioDriver driver() {
        if (driver == null) {
            driver = new VirtioDriver(bench);
        }
        return driver;
    }

    /** Chance, the same in every run. */
    public Random random() {
        return random;
    }

    /** A load of 1, 2, 4 or 8 bytes. */
    public long read(long offset, int size) {
        return bench.read(offset, size);
    }

    /** A store of 1, 2, 4 or 8 bytes. */
    public void write(long offset, int size, long value) {
        bench.write(offset, size, value);
    }

    /** Notes what the guest has seen; it must be the same in every run. */
    public void note(String what, Object value) {
        notes.add(what + " = " + value);
    }

    /** Notes what is in guest memory, as hexadecimal bytes. */
    public void noteMemory(String what, long address, int length) {
        var bytes = new byte[length];
        bench.memory().get(address, bytes, 0, length);
        note(what, HexFormat.of().formatHex(bytes));
    }

    List<String> notes() {
        return notes;
    }
}
