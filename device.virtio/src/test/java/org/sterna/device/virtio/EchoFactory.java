package org.sterna.device.virtio;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

/**
 * The simplest virtio device, with two queues: queue 0 copies what it reads to where it writes, on a thread of its own;
 * queue 1 gives those chains back at once that have something to read, and does with the others as queue 0 does.
 */
public final class EchoFactory implements DeviceFactory {
    static final int QUEUE_SIZE = 64;
    private static final TransportProperties TRANSPORT = new TransportProperties("1.0");
    private static final List<Property<?>> PROPERTIES = properties();

    record EchoState(@Field(1) TransportState transport, @Field(id = 2, since = 2) @Default("") LegacyState legacy) {
    }

    private static List<Property<?>> properties() {
        var properties = new ArrayList<Property<?>>();
        properties.add(Property.feature("echo", 0).meaning("Nothing."));
        properties.add(TRANSPORT.registers());
        properties.addAll(TRANSPORT.features());
        return List.copyOf(properties);
    }

    @Override
    public Model model() {
        return new Model("echo", new AbiVersion(1, 0), PROPERTIES, StateType.of("echo", EchoState.class));
    }

    @Override
    public String slot() {
        return VirtioMmio.SLOT;
    }

    @Override
    public Echo create(DeviceContext context) {
        return new Echo(context);
    }

    static final class Echo implements Device<EchoState>, VirtioFunction {
        private static final ConfigSpace CONFIG = ConfigSpace.ofLength(16)
            .u8(0, 0x11).le16(2, 0x2233).le32(4, 0x44556677).le64(8, 0x8899aabbccddeeffL).build();
        private final DeviceContext context;
        private final VirtioMmio transport;
        private int resets;
        private boolean keepsNext;
        private DescriptorChain kept;
        /** Which requests it cannot carry out now, and those that it has put aside. */
        private IntPredicate keeps = number -> false;
        private final List<DescriptorChain> putAside = new ArrayList<>();
        private int taken;

        Echo(DeviceContext context) {
            this.context = context;
            this.transport = new VirtioMmio(context, this, TRANSPORT, PROPERTIES, QUEUE_SIZE, QUEUE_SIZE);
        }

        VirtioMmio transport() {
            return transport;
        }

        int resets() {
            return resets;
        }

        /** The next chain is the test's. */
        void keepNext() {
            keepsNext = true;
        }

        DescriptorChain kept() {
            return kept;
        }

        /** Has it put requests aside until it is quiesced, by their number from 0 on. */
        void putAside(IntPredicate which) {
            keeps = which;
            taken = 0;
        }

        List<DescriptorChain> putAside() {
            return putAside;
        }

        @Override
        public void quiesce() {
            transport.putBack(putAside);
            putAside.clear();
        }

        @Override
        public void serve(Virtqueue queue) {
            for (DescriptorChain chain = queue.poll(); chain != null; chain = queue.poll()) {
                if (keepsNext) {
                    keepsNext = false;
                    kept = chain;
                } else if (keeps.test(taken++)) {
                    putAside.add(chain);
                } else if (queue.index() == 1 && chain.readable().length() > 0) {
                    chain.complete(0);
                } else if (chain.writable().length() > 1 << 20) {
                    chain.reject("too much");
                } else {
                    echo(chain);
                }
            }
        }

        private void echo(DescriptorChain chain) {
            long count = Math.min(chain.readable().length(), chain.writable().length());
            context.submit(() -> chain.writable().write(context.memory(),
                chain.readable().slice(0, count).read(context.memory())), failure -> chain.complete(count));
        }

        @Override
        public int deviceId() {
            return 42;
        }

        @Override
        public ConfigSpace config() {
            return CONFIG;
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
        public void onReset() {
            resets++;
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
        public Set<String> acknowledged() {
            return transport.acknowledged();
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
        public EchoState state() {
            return new EchoState(transport.state(), transport.legacyState());
        }

        @Override
        public void restore(EchoState state) {
            transport.restore(state.transport(), state.legacy());
        }
    }
}
