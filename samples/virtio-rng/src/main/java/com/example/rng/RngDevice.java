package com.example.rng;

import java.security.SecureRandom;
import java.util.Set;
import org.sterna.device.virtio.ConfigSpace;
import org.sterna.device.virtio.DescriptorChain;
import org.sterna.device.virtio.VirtioFunction;
import org.sterna.device.virtio.VirtioMmio;
import org.sterna.device.virtio.Virtqueue;
import org.sterna.machine.MachineException;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceNode;

/** Fills the buffers of its one queue with random bytes of the host. */
final class RngDevice implements Device<RngState>, VirtioFunction {
    private static final int DEVICE_ID = 4;
    /** The most bytes for one request; the driver is told how many it got. */
    private static final int MOST = 64 << 10;

    private final DeviceContext context;
    private final VirtioMmio transport;
    private final SecureRandom random = new SecureRandom();

    RngDevice(DeviceContext context) {
        this.context = context;
        int size = context.get(RngFactory.QUEUE_SIZE).intValue();
        if (Integer.bitCount(size) != 1) {
            throw MachineException.usage(context.path(), RngFactory.QUEUE_SIZE.name(), size + " is not a power of two",
                "give one");
        }
        transport = new VirtioMmio(context, this, RngFactory.MODEL.properties(), size);
    }

    @Override
    public void serve(Virtqueue queue) {
        for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
            fill(chain);
        }
    }

    /** The host may take its time to find random bytes. */
    private void fill(DescriptorChain chain) {
        var bytes = new byte[(int) Math.min(MOST, chain.writable().length())];
        context.submit(() -> random.nextBytes(bytes), failure -> {
            if (failure == null && chain.wanted()) {
                chain.writable().write(context.memory(), bytes);
                chain.complete(bytes.length);
            } else {
                chain.complete(0);
            }
        });
    }

    @Override
    public int deviceId() {
        return DEVICE_ID;
    }

    @Override
    public ConfigSpace config() {
        return new ConfigSpace(new byte[0]);
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
    public RngState state() {
        return new RngState(transport.state());
    }

    @Override
    public void restore(RngState state) {
        transport.restore(state.transport());
    }
}
