package org.sterna.testkit.conformance;

import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType.Choice;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

/**
 * A virtio device with one queue of any layout, written apart from {@code org.sterna.device.virtio}, so that it can have the
 * faults of authors who do the same. It fills whatever it may write with ones.
 */
final class Relay implements DeviceFactory {
    /** How its registers and its queue lie. */
    enum Layout {
        SPLIT, PACKED, LEGACY
    }

    /** Something that no device may do. */
    enum Fault {
        NONE, TRUSTS_ADDRESSES, NEVER_ENDS_A_CHAIN, TRUSTS_TABLE_LENGTHS, TRUSTS_HOW_MANY, RESIZES_LIVE, ANSWERS_AFTER_RESET,
        REFUSES_ITS_STATE, TRUSTS_PAGES, DIVIDES_BY_PAGE_SIZES
    }

    private static final Property<String> REGISTERS = Property.guest("registers", new Choice(List.of("modern", "legacy")))
        .defaultValue("modern").meaning("The layout of the registers.");
    private static final Property<Boolean> PACKED = Property.feature("ring-packed", 34).when(REGISTERS, "modern")
        .defaultValue(false).meaning("The driver may choose a packed queue.");
    private static final Model MODEL = new Model("relay", new AbiVersion(1, 0), List.of(REGISTERS, PACKED),
        StateType.of("relay", RelayState.class));

    private static final long PACKED_BIT = 1L << 34;
    private static final int MOST = 64;
    private static final int LONGEST_CHAIN = 256;
    private static final long MOST_BYTES = 1 << 20;
    private static final int ACKNOWLEDGE_TO_OK = 15;
    private static final int NEEDS_RESET = 64;
    private static final int AVAILABLE = 1 << 7;
    private static final int USED = 1 << 15;

    private final Fault planted;
    private final Layout where;
    private volatile boolean over;

    record RelayState(@Field(1) int status, @Field(2) long features, @Field(3) int interrupts, @Field(4) int select,
            @Field(5) boolean ready, @Field(6) int size, @Field(7) long descriptors, @Field(8) long driverArea,
            @Field(9) long deviceArea, @Field(10) int next, @Field(11) int used, @Field(12) int pageSize, @Field(13) int align) {
    }

    /** A range of memory. */
    private record Buffer(long address, long length, boolean writable) {
    }

    /** What was taken from the queue. */
    private record Chain(int id, int places, List<Buffer> buffers) {
    }

    /** A driver breaks the rules. */
    private static final class Broken extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** A device with a fault in one layout. */
    Relay(Fault planted, Layout where) {
        this.planted = planted;
        this.where = where;
    }

    /** Ends what never ends. */
    void end() {
        over = true;
    }

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public String slot() {
        return "virtio-mmio";
    }

    @Override
    public Device<?> create(DeviceContext context) {
        return new RelayDevice(context);
    }

    private final class RelayDevice implements Device<RelayState> {
        private final DeviceContext context;
        private final GuestMemory memory;
        private final boolean legacy;
        private int status;
        private long features;
        private int interrupts;
        private int select;
        private boolean ready;
        private int size;
        private long descriptors;
        private long driverArea;
        private long deviceArea;
        private int next;
        private int used;
        private int pageSize;
        private int align;
        private boolean[] taken = {};
        private int outstanding;
        private int session;
        private Layout layout;

        RelayDevice(DeviceContext context) {
            this.context = context;
            memory = context.memory();
            legacy = context.get(REGISTERS).equals("legacy");
            setLayout();
        }

        /** It stays what it was after a reset, until there is another queue. */
        private void setLayout() {
            layout = legacy ? Layout.LEGACY : packed() ? Layout.PACKED : Layout.SPLIT;
        }

        private boolean has(Fault fault) {
            return planted == fault && where == layout;
        }

        private boolean packed() {
            return (features & PACKED_BIT) != 0;
        }

        @Override
        public long registerBytes() {
            return 0x200;
        }

        @Override
        public DeviceNode node() {
            return DeviceNode.of("virtio_mmio", "virtio,mmio");
        }

        @Override
        public void reset() {
            resetByDriver();
            pageSize = 0;
        }

        private void resetByDriver() {
            status = 0;
            features = 0;
            interrupts = 0;
            context.interrupt().set(false);
            select = 0;
            stop();
            size = MOST;
            descriptors = 0;
            driverArea = 0;
            deviceArea = 0;
            align = 4096;
        }

        private void stop() {
            ready = false;
            next = 0;
            used = 0;
            session++;
        }

        @Override
        public long read(long offset, int bytes) {
            return bytes != 4 ? 0 : 0xffff_ffffL & switch ((int) offset) {
                case 0x000 -> 0x7472_6976;
                case 0x004 -> legacy ? 1 : 2;
                case 0x008 -> 42;
                case 0x010 -> (int) (offered() >>> 32 * (select & 1));
                case 0x034 -> select == 0 ? MOST : 0;
                case 0x044 -> ready ? 1 : 0;
                case 0x060 -> interrupts;
                case 0x070 -> outstanding > 0 && !has(Fault.ANSWERS_AFTER_RESET) ? status | NEEDS_RESET : status;
                default -> 0;
            };
        }

        private long offered() {
            return 1L << 28 | (legacy ? 0 : 1L << 32) | (context.get(PACKED) ? PACKED_BIT : 0);
        }

        @Override
        public void write(long offset, int bytes, long written) {
            int value = (int) written;
            if (bytes != 4) {
                return;
            }
            switch ((int) offset) {
                case 0x014, 0x024, 0x030 -> select = value;
                case 0x020 -> accept(value);
                case 0x028 -> pageSize = value;
                case 0x050 -> serve();
                case 0x064 -> {
                    interrupts &= ~value;
                    context.interrupt().set(interrupts != 0);
                }
                case 0x070 -> writeStatus(value);
                default -> writeQueue((int) offset, value);
            }
        }

        private void accept(int value) {
            if (status < ACKNOWLEDGE_TO_OK && !ready) {
                long mask = 0xffff_ffffL << 32 * (select & 1);
                features = offered() & (features & ~mask | (long) value << 32 * (select & 1) & mask);
            }
        }

        private void writeStatus(int value) {
            if (value == 0) {
                resetByDriver();
            } else {
                status |= value & ACKNOWLEDGE_TO_OK;
                serve();
            }
        }

        private void writeQueue(int offset, int value) {
            if (select != 0) {
                return;
            }
            if (offset == (legacy ? 0x040 : 0x044)) {
                if (value == 0) {
                    stop();
                } else if (!ready && outstanding == 0) {
                    enable(Integer.toUnsignedLong(value));
                }
            } else if (offset == 0x038 && (!ready || has(Fault.RESIZES_LIVE))) {
                size = ready ? Math.clamp(value, 1, MOST) : value;
            } else if (!ready && legacy && offset == 0x03c) {
                align = value;
            } else if (!ready && !legacy) {
                long half = offset % 8 == 0 ? 0xffff_ffffL : ~0xffff_ffffL;
                long bits = ((long) value << 32 | value & 0xffff_ffffL) & half;
                switch (offset & ~7) {
                    case 0x080 -> descriptors = descriptors & ~half | bits;
                    case 0x090 -> driverArea = driverArea & ~half | bits;
                    case 0x0a0 -> deviceArea = deviceArea & ~half | bits;
                    default -> { }
                }
            }
        }

        private void enable(long page) {
            setLayout();
            if (legacy) {
                descriptors = page * Integer.toUnsignedLong(pageSize);
                if (has(Fault.DIVIDES_BY_PAGE_SIZES)) {
                    descriptors -= descriptors % (pageSize - 1L);
                }
                driverArea = descriptors + 16L * size;
                long alignment = Integer.toUnsignedLong(align);
                deviceArea = driverArea + 6 + 2L * size + alignment - 1 & -alignment;
            }
            boolean rightSize = size > 0 && size <= MOST && (packed() || Integer.bitCount(size) == 1);
            boolean inside = memory.contains(descriptors, 16L * size)
                && memory.contains(driverArea, packed() ? 4 : 6 + 2L * size)
                && memory.contains(deviceArea, packed() ? 4 : 6 + 8L * size);
            if (!rightSize || !inside && !has(Fault.TRUSTS_PAGES)) {
                status |= NEEDS_RESET;
                return;
            }
            ready = true;
            next = packed() ? USED : 0;
            used = next;
            taken = new boolean[size];
        }

        private void serve() {
            try {
                for (Chain chain = take(); chain != null; chain = take()) {
                    Chain one = chain;
                    int now = session;
                    outstanding += one.places();
                    context.submit(() -> { }, failure -> answer(one, now));
                }
            } catch (Broken e) {
                status |= NEEDS_RESET;
            }
        }

        private Chain take() throws Broken {
            if (!ready || (status & (4 | NEEDS_RESET)) != 4) {
                return null;
            }
            return packed() ? takePacked() : takeSplit();
        }

        private Chain takeSplit() throws Broken {
            int index = memory.getShort(driverArea + 2) & 0xffff;
            boolean tooMany = (index - used & 0xffff) > size;
            if (index == next) {
                return null;
            }
            if (tooMany && !has(Fault.TRUSTS_HOW_MANY)) {
                throw new Broken();
            }
            taken[next % size] = true;
            int head = memory.getShort(driverArea + 4 + 2L * (next % size)) & 0xffff;
            next = next + 1 & 0xffff;
            var buffers = new ArrayList<Buffer>();
            follow(buffers, descriptors, head, size, false);
            return noMore(new Chain(head, 1, buffers));
        }

        private void follow(List<Buffer> buffers, long table, int head, int length, boolean indirect) throws Broken {
            int entry = head;
            for (int seen = 0; seen < LONGEST_CHAIN || has(Fault.NEVER_ENDS_A_CHAIN) && !over; seen++) {
                if (entry >= length) {
                    throw new Broken();
                }
                long at = table + 16L * entry;
                int flags = memory.getShort(at + 12);
                if ((flags & HostileRing.INDIRECT) != 0) {
                    int entries = tableLength(at, indirect);
                    follow(buffers, memory.getLong(at), 0, entries, true);
                    return;
                }
                add(buffers, at, flags);
                if ((flags & HostileRing.NEXT) == 0) {
                    return;
                }
                entry = memory.getShort(at + 14) & 0xffff;
            }
            throw new Broken();
        }

        private Chain takePacked() throws Broken {
            int flags = memory.getShort(descriptors + 16L * (next & ~USED) + 14);
            boolean lap = (next & USED) != 0;
            if ((flags & AVAILABLE) != 0 != lap || (flags & USED) != 0 == lap) {
                return null;
            }
            var buffers = new ArrayList<Buffer>();
            for (int places = 1; places <= size || has(Fault.NEVER_ENDS_A_CHAIN) && !over; places++) {
                long at = descriptors + 16L * (next & ~USED);
                taken[next & ~USED] = true;
                int own = memory.getShort(at + 14);
                if ((own & HostileRing.INDIRECT) != 0) {
                    int entries = tableLength(at, false);
                    for (int i = 0; i < entries; i++) {
                        long descriptor = memory.getLong(at) + 16L * i;
                        add(buffers, descriptor, memory.getShort(descriptor + 14));
                    }
                } else {
                    add(buffers, at, own);
                }
                next = after(next, 1);
                if ((own & HostileRing.NEXT) == 0) {
                    if (outstanding + places > size && !has(Fault.TRUSTS_HOW_MANY)) {
                        throw new Broken();
                    }
                    return noMore(new Chain(memory.getShort(at + 12) & 0xffff, places, buffers));
                }
            }
            throw new Broken();
        }

        /** What was never made for more than all. */
        private Chain noMore(Chain chain) {
            if (outstanding + chain.places() > size) {
                throw new ArrayIndexOutOfBoundsException("there is no place for one more");
            }
            return chain;
        }

        private int after(int place, int count) {
            int position = (place & ~USED) + count;
            return position < size ? place & USED | position : (place & USED ^ USED) | position - size;
        }

        private int tableLength(long descriptor, boolean indirect) throws Broken {
            int bytes = memory.getInt(descriptor + 8);
            if (has(Fault.TRUSTS_TABLE_LENGTHS)) {
                return new boolean[bytes / 16].length;
            }
            if (indirect || bytes <= 0 || bytes % 16 != 0 || bytes / 16 > LONGEST_CHAIN
                    || !memory.contains(memory.getLong(descriptor), bytes)) {
                throw new Broken();
            }
            return bytes / 16;
        }

        private void add(List<Buffer> buffers, long descriptor, int flags) throws Broken {
            long address = memory.getLong(descriptor);
            long length = memory.getInt(descriptor + 8) & 0xffff_ffffL;
            boolean inside = memory.contains(address, length) && length < MOST_BYTES;
            if (!inside && !has(Fault.TRUSTS_ADDRESSES)) {
                throw new Broken();
            }
            if (buffers.size() < LONGEST_CHAIN) {
                buffers.add(new Buffer(address, length, (flags & HostileRing.WRITE) != 0));
            }
        }

        private void answer(Chain chain, int then) {
            outstanding -= chain.places();
            boolean wanted = then == session && ready && (status & NEEDS_RESET) == 0;
            if (!wanted && !has(Fault.ANSWERS_AFTER_RESET)) {
                return;
            }
            long written = 0;
            for (Buffer buffer : chain.buffers()) {
                if (buffer.writable()) {
                    memory.fill(buffer.address(), buffer.length(), (byte) -1);
                    written += buffer.length();
                }
            }
            if (wanted) {
                give(chain, (int) written);
                interrupts |= 1;
                context.interrupt().set(true);
                serve();
            }
        }

        private void give(Chain chain, int written) {
            if (packed()) {
                long at = descriptors + 16L * (used & ~USED);
                memory.putInt(at + 8, written);
                memory.putShort(at + 12, (short) chain.id());
                memory.putShort(at + 14, (short) ((used & USED) != 0 ? AVAILABLE | USED : 0));
                used = after(used, chain.places());
            } else {
                long at = deviceArea + 4 + 8L * (used % size);
                memory.putInt(at, chain.id());
                memory.putInt(at + 4, written);
                used = used + 1 & 0xffff;
                memory.putShort(deviceArea + 2, (short) used);
            }
        }

        @Override
        public void start() {
            serve();
        }

        @Override
        public RelayState state() {
            return new RelayState(status, features, interrupts, select, ready, size, descriptors, driverArea, deviceArea, next,
                used, pageSize, align);
        }

        @Override
        public void restore(RelayState state) {
            features = state.features();
            setLayout();
            if (has(Fault.REFUSES_ITS_STATE) && !state.ready() && Integer.bitCount(state.size()) != 1) {
                throw new IllegalArgumentException("no queue has a size of " + state.size());
            }
            status = state.status();
            interrupts = state.interrupts();
            context.interrupt().set(interrupts != 0);
            select = state.select();
            ready = state.ready();
            size = state.size();
            descriptors = state.descriptors();
            driverArea = state.driverArea();
            deviceArea = state.deviceArea();
            next = state.next();
            used = state.used();
            pageSize = state.pageSize();
            align = state.align();
            taken = new boolean[ready ? size : 0];
        }
    }
}
