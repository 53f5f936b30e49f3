package org.sterna.testkit.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType.Number;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

/**
 * A device that stores a value in guest memory when it is told to, counts how often, and has an interrupt; in three versions of
 * its state, and with any of the faults that a device can have.
 */
public class Gadget implements DeviceFactory {
    /** Something that no device may do. */
    enum Fault {
        FORGETS_THE_COUNT, STATE_IS_NEVER_THE_SAME, DOES_NOT_MARK, FORGETS_THE_LINE, THROWS, THROWS_LATER, WRITES_ELSEWHERE,
        SURVIVES_RESET, KEEPS_HANDLES, IS_KEPT, LOCKS_LATE, NEVER_RETURNS,
        READER_NEVER_ENDS, READER_THROWS
    }

    static final int VALUE = 0;
    static final int ADDRESS = 4;
    static final int STORE = 8;
    static final int COUNT = 12;
    static final int ACKNOWLEDGE = 16;
    static final int SCRATCH = 20;

    private static final Property<Long> SIZE = Property.guest("size", new Number(0, 9)).meaning("nothing; read off the host");
    private static final AtomicInteger HANDLES = new AtomicInteger();
    private static final int MOST_HANDLES = 300;
    private static final CountDownLatch END_OF_READERS = new CountDownLatch(1);

    private final StateType<?> state;
    private final Set<Fault> faults = EnumSet.noneOf(Fault.class);

    /** What the first version holds. */
    record First(@Field(1) int value, @Field(2) int address, @Field(3) int count, @Field(4) boolean line) {
    }

    /** With the scratch register. */
    record Second(@Field(1) int value, @Field(2) int address, @Field(3) int count, @Field(4) boolean line,
            @Field(id = 5, since = 2) @Default("0") int scratch) {
    }

    /** An ill-considered one: nobody who comes from elsewhere has the field. */
    record Third(@Field(1) int value, @Field(2) int address, @Field(3) int count, @Field(4) boolean line,
            @Field(id = 5, since = 3) int scratch) {
    }

    /** The first release. */
    public static final class FirstRelease extends Gadget {
        public FirstRelease() {
            super(First.class);
        }
    }

    /** What an author has never wanted. */
    static final class IllConsidered extends Gadget {
        IllConsidered() {
            super(Third.class);
        }
    }

    /** One that something keeps. */
    public static final class Kept extends Gadget {
        public Kept() {
            super(Second.class, Fault.IS_KEPT);
        }
    }

    public Gadget() {
        this(Second.class);
    }

    Gadget(Fault... faults) {
        this(Second.class, faults);
    }

    private Gadget(Class<? extends Record> state, Fault... faults) {
        this.state = StateType.of("gadget", state);
        this.faults.addAll(List.of(faults));
    }

    /** Ends what ignores that it is told to end. */
    static void endReaders() {
        END_OF_READERS.countDown();
    }

    @Override
    public Model model() {
        return new Model("gadget", new AbiVersion(1, 0), List.of(SIZE), state);
    }

    @Override
    public String slot() {
        return "platform";
    }

    @Override
    public Device<?> create(DeviceContext context) {
        return new GadgetDevice(context);
    }

    private final class GadgetDevice implements Device<Record> {
        private final DeviceContext context;
        private int value;
        private int address;
        private int count;
        private boolean line;
        private int scratch;
        private DatagramChannel outside;

        GadgetDevice(DeviceContext context) {
            this.context = context;
        }

        @Override
        public long registerBytes() {
            return 32;
        }

        @Override
        public DeviceNode node() {
            return DeviceNode.of("gadget", "sterna,gadget");
        }

        @Override
        public void attach() {
            if (context.get(SIZE) == null) {
                context.lock(SIZE, 3L);
            }
            if (faults.contains(Fault.KEEPS_HANDLES) && HANDLES.incrementAndGet() > MOST_HANDLES) {
                throw MachineException.failed(context.path(), "", "there are no more handles", "");
            }
            if (faults.contains(Fault.IS_KEPT)) {
                System.getProperties().put(this, this);
            }
            try {
                outside = DatagramChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            } catch (IOException e) {
                throw MachineException.failed(context.path(), "", "there is no socket: " + e.getMessage(), "");
            }
            if (faults.contains(Fault.READER_THROWS)) {
                context.background(() -> {
                    throw new IllegalStateException("the reader does not like it");
                });
            } else if (faults.contains(Fault.READER_NEVER_ENDS)) {
                context.background(() -> {
                    while (END_OF_READERS.getCount() > 0) {
                        LockSupport.parkNanos(1_000_000);
                        Thread.interrupted();
                    }
                });
            } else {
                read(outside);
            }
        }

        /** The loop that everybody writes, as the page for device authors shows it. */
        private void read(DatagramChannel socket) {
            context.background(() -> {
                var buffer = ByteBuffer.allocate(65536);
                while (true) {
                    socket.receive(buffer.clear());
                    byte[] frame = Arrays.copyOf(buffer.array(), buffer.position());
                    context.serialized(() -> deliver(frame));
                }
            });
        }

        private void deliver(byte[] frame) {
            scratch = frame.length;
        }

        @Override
        public void detach() {
            try {
                if (outside != null) {
                    outside.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void start() {
            if (faults.contains(Fault.LOCKS_LATE)) {
                context.lock(SIZE, 3L);
            }
        }

        @Override
        public void reset() {
            value = 0;
            address = 0;
            count = 0;
            scratch = faults.contains(Fault.SURVIVES_RESET) ? scratch : 0;
            raise(false);
        }

        private void raise(boolean high) {
            line = high;
            context.interrupt().set(high);
        }

        @Override
        public long read(long offset, int size) {
            if (faults.contains(Fault.THROWS) && size == 8) {
                throw new IllegalArgumentException("nobody reads eight bytes");
            }
            return switch ((int) offset) {
                case VALUE -> value;
                case ADDRESS -> address;
                case COUNT -> count;
                case SCRATCH -> scratch;
                default -> 0;
            };
        }

        @Override
        public void write(long offset, int size, long written) {
            switch ((int) offset) {
                case VALUE -> value = (int) written;
                case ADDRESS -> address = (int) written;
                case STORE -> context.submit(() -> { }, failure -> store());
                case ACKNOWLEDGE -> raise(false);
                case SCRATCH -> scratch = (int) written;
                default -> { }
            }
            while (faults.contains(Fault.NEVER_RETURNS) && written == -1) {
                Thread.onSpinWait();
            }
        }

        private void store() {
            GuestMemory memory = context.memory();
            long at = address & 0xffff_ffffL;
            if (!memory.contains(at, 4)) {
                if (faults.contains(Fault.WRITES_ELSEWHERE)) {
                    memory.putInt(memory.base() + (1 << 18), value);
                }
                if (!faults.contains(Fault.THROWS_LATER)) {
                    return;
                }
            }
            if (faults.contains(Fault.DOES_NOT_MARK)) {
                memory.segment().set(ValueLayout.JAVA_INT_UNALIGNED, at - memory.base(), value);
            } else {
                memory.putInt(at, value);
            }
            count++;
            raise(true);
        }

        @Override
        public Record state() {
            if (faults.contains(Fault.STATE_IS_NEVER_THE_SAME)) {
                value++;
            }
            int counted = faults.contains(Fault.FORGETS_THE_COUNT) ? 0 : count;
            return state.recordClass() == First.class ? new First(value, address, counted, line)
                : state.recordClass() == Second.class ? new Second(value, address, counted, line, scratch)
                : new Third(value, address, counted, line, scratch);
        }

        @Override
        public void restore(Record held) {
            switch (held) {
                case First first -> restore(first.value(), first.address(), first.count(), first.line(), 0);
                case Second second -> restore(second.value(), second.address(), second.count(), second.line(), second.scratch());
                case Third third -> restore(third.value(), third.address(), third.count(), third.line(), third.scratch());
                default -> throw new IllegalArgumentException(held.toString());
            }
        }

        private void restore(int newValue, int newAddress, int newCount, boolean newLine, int newScratch) {
            value = newValue;
            address = newAddress;
            count = newCount;
            scratch = newScratch;
            line = newLine;
            if (!faults.contains(Fault.FORGETS_THE_LINE)) {
                raise(newLine);
            }
        }
    }
}
