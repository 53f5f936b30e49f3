package org.sterna.testkit.probe;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType.Choice;
import org.sterna.machine.abi.PropertyType.Flag;
import org.sterna.machine.abi.PropertyType.Number;
import org.sterna.machine.abi.PropertyType.Text;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

/** A device of four registers of a byte, for the tests of the test kit; it can have faults that its declarations hide. */
final class Toy implements DeviceFactory {
    /** Something that no device may do. */
    enum Fault {
        /** A guest property that nothing follows from. */
        IGNORES_SHADE,
        /** A host property that the guest can tell. */
        SHOWS_PLACE,
        /** The ABI version has a meaning of its own. */
        LOOKS_AT_ABI,
        /** What it shows is another each time. */
        SHOWS_CHANCE
    }

    static final int LEVEL = 0;
    static final int SHADE = 1;
    static final int SCRATCH = 2;
    /** Counts how often it was read. */
    static final int COUNTER = 3;

    static final Property<Long> LEVEL_PROPERTY =
        Property.guest("level", new Number(0, 7)).defaultValue(3L).meaning("what LEVEL shows");
    static final Property<Boolean> MARK =
        Property.guest("mark", new Flag()).since("1.1").before(false).defaultValue(true).meaning("whether there is SHADE");
    static final Property<String> SHADE_PROPERTY = Property.guest("shade", new Choice(List.of("light", "dark")))
        .since("1.1").before("light").defaultValue("dark").when(MARK, true).meaning("what SHADE shows");
    static final Property<String> PLACE =
        Property.host("place", new Text(10)).defaultValue("here").meaning("nothing that a guest knows");

    private static final Model MODEL = new Model("toy", new AbiVersion(1, 1),
        List.of(LEVEL_PROPERTY, MARK, SHADE_PROPERTY, PLACE), StateType.of("toy", ToyState.class));

    private final Set<Fault> faults;

    record ToyState(@Field(1) int scratch) {
    }

    Toy(Fault... faults) {
        this.faults = EnumSet.noneOf(Fault.class);
        this.faults.addAll(List.of(faults));
    }

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public String slot() {
        return "shelf";
    }

    @Override
    public Device<?> create(DeviceContext context) {
        if (context.get(LEVEL_PROPERTY) == 6) {
            throw MachineException.usage(context.path(), LEVEL_PROPERTY.name(), "there is no 6", "take 5");
        }
        return new ToyDevice(context);
    }

    private final class ToyDevice implements Device<ToyState> {
        private final DeviceContext context;
        private int scratch;
        private int reads;

        ToyDevice(DeviceContext context) {
            this.context = context;
        }

        @Override
        public long registerBytes() {
            return 4;
        }

        @Override
        public DeviceNode node() {
            return DeviceNode.of("toy", "sterna,toy");
        }

        @Override
        public void reset() {
            scratch = 0;
            reads = 0;
            context.interrupt().set(false);
        }

        @Override
        public long read(long offset, int size) {
            return size != 1 ? 0 : switch ((int) offset) {
                case LEVEL -> level();
                case SHADE -> context.get(MARK) ? shade() : 0;
                case SCRATCH -> faults.contains(Fault.SHOWS_CHANCE) ? System.nanoTime() & 0xff : scratch;
                case COUNTER -> ++reads;
                default -> 0;
            };
        }

        private long level() {
            boolean elsewhere = faults.contains(Fault.SHOWS_PLACE) && !context.get(PLACE).equals("here");
            boolean first = faults.contains(Fault.LOOKS_AT_ABI) && context.abi().minor() == 0;
            return context.get(LEVEL_PROPERTY) + (elsewhere || first ? 0x10 : 0);
        }

        private int shade() {
            return !faults.contains(Fault.IGNORES_SHADE) && context.get(SHADE_PROPERTY).equals("dark") ? 2 : 1;
        }

        @Override
        public void write(long offset, int size, long value) {
            if (offset == SCRATCH && size == 1) {
                scratch = (int) value & 0x0f;
                context.interrupt().set(scratch == 0x0f);
            }
        }

        @Override
        public ToyState state() {
            return new ToyState(scratch);
        }

        @Override
        public void restore(ToyState state) {
            scratch = state.scratch();
        }
    }
}
