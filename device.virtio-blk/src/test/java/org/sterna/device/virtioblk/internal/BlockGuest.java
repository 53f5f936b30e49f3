package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.QueueDriver;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** A guest with a driver for the block device: each request has a header, data and a status in memory of its own. */
final class BlockGuest implements AutoCloseable {
    static final int OK = 0;
    static final int IO_ERROR = 1;
    static final int UNSUPPORTED = 2;
    static final long ALL = -1L;
    private static final int UNANSWERED = 0x5a;
    /** The memory of a request: 4 KiB for the header, then the data, then the status. */
    private static final int DATA = 4096;

    final VirtioDriver driver;
    /** Queue 0 if it is split, else null. */
    VirtqueueDriver queue;
    /** All queues. */
    final List<QueueDriver> queues = new ArrayList<>();
    private DeviceBench bench;
    private long area;
    private final Map<Key, Request> requests = new HashMap<>();

    private record Key(QueueDriver queue, int head) {
    }

    /** A request on its way. */
    private record Request(long data, int length, long status) {
    }

    /** What came of a request. */
    record Answer(int status, byte[] data, int written) {
    }

    BlockGuest(Map<String, String> properties, long features) {
        this(new DeviceBench(new BlockDeviceFactory(), properties), features);
    }

    BlockGuest(DeviceBench bench, long features) {
        this.bench = bench;
        this.driver = new VirtioDriver(bench);
        setUp(features);
    }

    void setUp(long features) {
        driver.negotiate(features);
        queues.clear();
        int size = sizeOf(0);
        do {
            queues.add(driver.negotiatedQueue(size));
            size = sizeOf(queues.size());
        } while (size > 0);
        queue = queues.getFirst() instanceof VirtqueueDriver split ? split : null;
        driver.ready();
        requests.clear();
        area = driver.allocate(0, 4096);
    }

    private int sizeOf(int index) {
        driver.write(VirtioDriver.QUEUE_SEL, index);
        return driver.read(VirtioDriver.QUEUE_SIZE_MAX);
    }

    /** A disk of some sectors in a file, each byte of a sector being its number. */
    static Path disk(Path directory, int sectors) {
        var content = new byte[512 * sectors];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i / 512);
        }
        try {
            return Files.write(directory.resolve("disk.raw"), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    DeviceBench bench() {
        return bench;
    }

    private GuestMemory memory() {
        return bench.memory();
    }

    void migrate(DeviceFactory factory, Map<String, String> hostProperties) throws Exception {
        DeviceBench source = bench;
        bench = DeviceBench.migrate(source, factory, hostProperties);
        driver.move(bench);
        source.close();
    }

    /** Puts a request into queue 0; see below. */
    int add(int type, long sector, byte[] out, int inLength) {
        return add(queues.getFirst(), type, sector, out, inLength);
    }

    /** Puts a request into a queue, one descriptor each for header, data and status. */
    int add(QueueDriver queue, int type, long sector, byte[] out, int inLength) {
        int length = Math.max(out.length, inLength);
        long header = area;
        long data = header + DATA;
        long status = data + length;
        area = status + 4096 & -4096;
        memory().putInt(header, type);
        memory().putInt(header + 4, 0);
        memory().putLong(header + 8, sector);
        memory().put(data, out, 0, out.length);
        memory().putByte(status, (byte) UNANSWERED);
        var buffers = new ArrayList<>(List.of(Buffer.readable(header, 16)));
        if (out.length > 0) {
            buffers.add(Buffer.readable(data, out.length));
        }
        if (inLength > 0) {
            buffers.add(Buffer.writable(data, inLength));
        }
        buffers.add(Buffer.writable(status, 1));
        int head = queue.add(buffers);
        requests.put(new Key(queue, head), new Request(data, inLength, status));
        return head;
    }

    /** Waits for any request of queue 0 to be answered. */
    Answer await() {
        return await(queues.getFirst());
    }

    /** Waits for any request of a queue to be answered. */
    Answer await(QueueDriver queue) {
        VirtqueueDriver.Used used = queue.await();
        Request request = requests.remove(new Key(queue, used.head()));
        if (requests.isEmpty()) {
            area = driver.allocate(0, 4096);
        }
        var data = new byte[request.length()];
        memory().get(request.data(), data, 0, data.length);
        return new Answer(memory().getByte(request.status()), data, used.written());
    }

    Answer request(int type, long sector, byte[] out, int inLength) {
        return request(queues.getFirst(), type, sector, out, inLength);
    }

    Answer request(QueueDriver queue, int type, long sector, byte[] out, int inLength) {
        add(queue, type, sector, out, inLength);
        queue.kick();
        Answer answer = await(queue);
        assertEquals(inLength + 1, answer.written());
        return answer;
    }

    Answer read(long sector, int bytes) {
        return request(BlockRequest.IN, sector, new byte[0], bytes);
    }

    int write(long sector, byte[] bytes) {
        return request(BlockRequest.OUT, sector, bytes, 0).status();
    }

    int flush() {
        return request(BlockRequest.FLUSH, 0, new byte[0], 0).status();
    }

    @Override
    public void close() {
        bench.close();
    }
}
