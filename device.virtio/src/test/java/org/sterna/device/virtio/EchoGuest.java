package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.QueueDriver;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** A guest whose driver uses queue 0 of the echo device. */
final class EchoGuest implements AutoCloseable {
    static final long ALL = -1L;
    static final int CONFIG_CHANGE = 2;
    final VirtioDriver driver;
    /** Queue 0 if it is split, else null. */
    VirtqueueDriver queue;
    /** Queue 0. */
    QueueDriver ring;
    private DeviceBench bench;
    private long from;
    private long to;

    EchoGuest(long features, int queueSize) {
        this(Map.of(), features, queueSize);
    }

    EchoGuest(Map<String, String> properties, long features, int queueSize) {
        bench = new DeviceBench(new EchoFactory(), properties);
        driver = new VirtioDriver(bench);
        setUp(features, queueSize);
    }

    void setUp(long features, int queueSize) {
        driver.negotiate(features);
        use(driver.negotiatedQueue(queueSize));
        from = driver.allocate(4096, 4096);
        to = driver.allocate(4096, 4096);
        driver.ready();
    }

    void use(QueueDriver zero) {
        ring = zero;
        queue = zero instanceof VirtqueueDriver split ? split : null;
    }

    DeviceBench bench() {
        return bench;
    }

    EchoFactory.Echo device() {
        return (EchoFactory.Echo) bench.device();
    }

    void migrate() throws Exception {
        DeviceBench source = bench;
        bench = DeviceBench.migrate(source, new EchoFactory(), Map.of());
        driver.move(bench);
        source.close();
    }

    /** The buffers of a request to copy so many bytes. */
    List<Buffer> request(int length) {
        return List.of(Buffer.readable(from, length), Buffer.writable(to, length));
    }

    /** Sends text through the device and checks that it comes back. */
    void echo(String text) {
        byte[] bytes = text.getBytes();
        put(bytes);
        int head = ring.add(request(bytes.length));
        ring.kick();
        checkEcho(head, bytes);
    }

    void put(byte[] bytes) {
        bench.memory().put(from, bytes, 0, bytes.length);
        bench.memory().fill(to, 4096, (byte) 0);
    }

    void checkEcho(int head, byte[] bytes) {
        assertEquals(new VirtqueueDriver.Used(head, bytes.length), ring.await());
        assertArrayEquals(bytes, target(bytes.length));
    }

    byte[] target(int length) {
        var back = new byte[length];
        bench.memory().get(to, back, 0, length);
        return back;
    }

    long from() {
        return from;
    }

    long to() {
        return to;
    }

    int status() {
        return driver.read(VirtioDriver.STATUS);
    }

    String fault() {
        return bench.call(d -> device().transport().fault());
    }

    @Override
    public void close() {
        bench.close();
    }
}
