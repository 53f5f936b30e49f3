package com.example.console;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;
import org.sterna.device.virtio.ConfigSpace;
import org.sterna.device.virtio.DescriptorChain;
import org.sterna.device.virtio.GuestBuffers;
import org.sterna.device.virtio.VirtioFunction;
import org.sterna.device.virtio.VirtioMmio;
import org.sterna.device.virtio.Virtqueue;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.time.GuestClock;

/** One port: queue 0 is what the guest receives, queue 1 what it transmits. */
final class ConsoleDevice implements Device<ConsoleState>, VirtioFunction {
    private static final int DEVICE_ID = 3;
    private static final int QUEUE_SIZE = 64;
    private static final int RECEIVE = 0;
    private static final int EMERGENCY_WRITE = 8;
    /** The most bytes that are copied at a time. */
    private static final int PIECE = 64 << 10;
    /** How long after the end of the input there may be more of it, in nanoseconds. */
    private static final long LOOK_AGAIN = 50_000_000;

    private final DeviceContext context;
    private final VirtioMmio transport;
    private final GuestClock.Timer again;
    private FileChannel input;
    private FileChannel output;
    private Virtqueue receiving;
    private boolean reading;
    private long received;

    ConsoleDevice(DeviceContext context) {
        this.context = context;
        transport = new VirtioMmio(context, this, ConsoleFactory.MODEL.properties(), QUEUE_SIZE, QUEUE_SIZE);
        again = context.timer(this::receive);
    }

    @Override
    public void attach() {
        input = open(ConsoleFactory.INPUT, StandardOpenOption.READ);
        output = open(ConsoleFactory.OUTPUT, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private FileChannel open(Property<String> property, OpenOption... options) {
        String file = context.get(property);
        try {
            return file == null ? null : FileChannel.open(Path.of(file), options);
        } catch (IOException e) {
            detach();
            throw MachineException.failed(context.path(), property.name(), file + " cannot be opened: " + e, "give another file");
        }
    }

    @Override
    public void detach() {
        close(input);
        close(output);
        input = null;
        output = null;
    }

    private void close(FileChannel file) {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            throw MachineException.failed(context.path(), "", "a file could not be closed: " + e, "look at the host's disk");
        }
    }

    @Override
    public void serve(Virtqueue queue) {
        if (queue.index() == RECEIVE) {
            receiving = queue;
            receive();
        } else {
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                transmit(chain);
            }
        }
    }

    /** Reads on in the input; only what has been read takes a buffer of the driver's. */
    private void receive() {
        if (input == null || receiving == null || reading) {
            return;
        }
        reading = true;
        FileChannel from = input;
        var bytes = ByteBuffer.allocate(PIECE);
        long position = received;
        context.submit(() -> from.read(bytes, position), failure -> {
            reading = false;
            if (failure != null) {
                return;
            }
            if (position != received) {
                // The machine has been reset meanwhile, and begins with its input again.
                receive();
            } else if (bytes.position() == 0) {
                again.arm(context.clock().now() + LOOK_AGAIN);
            } else {
                give(Arrays.copyOf(bytes.array(), bytes.position()));
            }
        });
    }

    private void give(byte[] bytes) {
        DescriptorChain chain = receiving.poll();
        if (chain == null) {
            return;
        }
        int count = (int) Math.min(bytes.length, chain.writable().length());
        chain.writable().write(context.memory(), Arrays.copyOf(bytes, count));
        received += count;
        chain.complete(count);
        receive();
    }

    private void transmit(DescriptorChain chain) {
        FileChannel to = output;
        GuestBuffers text = chain.readable();
        context.submit(() -> {
            for (long done = 0; to != null && done < text.length(); done += PIECE) {
                var piece = text.slice(done, Math.min(PIECE, text.length() - done));
                write(to, piece.read(context.memory()));
            }
        }, failure -> chain.complete(0));
    }

    private static void write(FileChannel to, byte[] bytes) throws IOException {
        var buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            to.write(buffer);
        }
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        FileChannel to = output;
        if (offset == EMERGENCY_WRITE && size == 4 && to != null && context.get(ConsoleFactory.EMERGENCY)) {
            context.submit(() -> write(to, new byte[] {(byte) value}), failure -> { });
        }
    }

    @Override
    public int deviceId() {
        return DEVICE_ID;
    }

    @Override
    public ConfigSpace config() {
        return ConfigSpace.ofLength(12).le16(0, context.get(ConsoleFactory.COLUMNS)).le16(2, context.get(ConsoleFactory.ROWS))
            .build();
    }

    @Override
    public long registerBytes() {
        return VirtioMmio.REGISTER_BYTES;
    }

    @Override
    public DeviceNode node() {
        return VirtioMmio.NODE;
    }

    @Override
    public void reset() {
        transport.reset();
        received = 0;
    }

    @Override
    public void start() {
        transport.start();
    }

    @Override
    public long read(long offset, int size) {
        return transport.read(offset, size);
    }

    @Override
    public void write(long offset, int size, long value) {
        transport.write(offset, size, value);
    }

    @Override
    public Set<String> acknowledged() {
        return transport.acknowledged();
    }

    @Override
    public ConsoleState state() {
        return new ConsoleState(transport.state(), received);
    }

    @Override
    public void restore(ConsoleState state) {
        transport.restore(state.transport());
        received = state.received();
    }
}
