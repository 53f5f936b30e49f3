package org.sterna.device.serial.internal;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.sterna.machine.time.GuestClock;
import org.sterna.testkit.DeviceBench;

/** A guest with a serial line, in the words of a driver. */
final class Guest implements AutoCloseable {
    static final int DATA = 0;
    static final int IER = 1;
    static final int IIR = 2;
    static final int FCR = 2;
    static final int LCR = 3;
    static final int MCR = 4;
    static final int LSR = 5;
    static final int MSR = 6;
    static final int SCR = 7;
    static final int LOOP = ModemLines.LOOP;

    final DeviceBench bench;

    Guest(Map<String, String> properties) {
        this(new DeviceBench(new SerialFactory(), properties));
    }

    private Guest(DeviceBench bench) {
        this.bench = bench;
    }

    /** A guest whose time only passes when a test says so. */
    static Guest inTime(AtomicLong hostTime) {
        return inTime(hostTime, Map.of());
    }

    /** The same with some properties. */
    static Guest inTime(AtomicLong hostTime, Map<String, String> properties) {
        var factory = new SerialFactory();
        var bench = new DeviceBench(factory, factory.model().abi(), properties,
            new GuestClock(hostTime::get, Clock.systemUTC()), 1 << 20);
        bench.attach();
        bench.device().reset();
        bench.start();
        return new Guest(bench);
    }

    int read(int register) {
        return (int) bench.read(register, 1);
    }

    void write(int register, int value) {
        bench.write(register, 1, value);
    }

    /** Sends characters to itself; needs loopback. */
    void loop(int... characters) {
        for (int character : characters) {
            write(DATA, character);
        }
    }

    /** Sends a text as a polling driver does. */
    void print(String text) {
        for (byte character : text.getBytes(StandardCharsets.US_ASCII)) {
            bench.await("room to transmit", () -> (read(LSR) & Uart.LSR_THR_EMPTY) != 0);
            write(DATA, character);
        }
    }

    /** Receives so many characters as a polling driver does. */
    String receive(int count) {
        var bytes = new ByteArrayOutputStream();
        while (bytes.size() < count) {
            bench.await("a character after " + bytes, () -> (read(LSR) & Receiver.DATA_READY) != 0);
            bytes.write(read(DATA));
        }
        return bytes.toString(StandardCharsets.US_ASCII);
    }

    SerialState state() {
        return (SerialState) bench.call(device -> device.state());
    }

    /** Waits until all characters have left. */
    void settle() {
        bench.await("the transmitter", () -> ((SerialDevice) bench.device()).sent() && state().transmit().length == 0);
    }

    @Override
    public void close() {
        bench.close();
    }
}
