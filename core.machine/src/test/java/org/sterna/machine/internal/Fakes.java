package org.sterna.machine.internal;

import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntUnaryOperator;
import org.osgi.framework.Version;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorContext;
import org.sterna.machine.processor.ProcessorFactory;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

/** A board, a processor and a device that are as small as can be, and do just what a test of the machine needs. */
final class Fakes {
    static final long BASE = 0x1000_0000L;
    static final AbiVersion ABI = new AbiVersion(1, 0);

    private Fakes() {
    }

    record CounterState(@Field(1) long count, @Field(2) boolean halted) {
    }

    /** Counts in a register and in the first word of guest memory; calls its environment when told to. */
    static final class CountingProcessor implements Processor<CounterState> {
        private final ProcessorContext context;
        private boolean halted = true;
        private long count;
        private boolean marked;
        volatile Runnable nextCall;
        volatile RuntimeException nextFault;
        volatile Error nextError;
        private final AtomicInteger cachesDropped = new AtomicInteger();

        CountingProcessor(ProcessorContext context) {
            this.context = context;
        }

        @Override
        public void run() {
            while (!halted && !context.control().safePointRequested()) {
                if (!marked) {
                    context.memory().dirtyLog().mark(BASE + context.index() * 4096L, 8);
                    marked = true;
                }
                count++;
                context.memory().segment().set(ValueLayout.JAVA_LONG, context.index() * 4096L, count);
                Runnable call = nextCall;
                if (call != null) {
                    nextCall = null;
                    call.run();
                }
                Error error = nextError;
                if (error != null) {
                    nextError = null;
                    throw error;
                }
                RuntimeException fault = nextFault;
                if (fault != null) {
                    nextFault = null;
                    throw fault;
                }
            }
        }

        @Override
        public void reset() {
            halted = true;
            count = 0;
        }

        @Override
        public void boot(long address, long... arguments) {
            halted = false;
        }

        @Override
        public void halt() {
            halted = true;
        }

        @Override
        public boolean halted() {
            return halted;
        }

        @Override
        public void interrupt(int input, boolean high) {
            context.control().wake();
        }

        @Override
        public void forgetMarkedPages() {
            marked = false;
        }

        @Override
        public void forgetTranslations() {
        }

        @Override
        public void dropCaches() {
            cachesDropped.incrementAndGet();
        }

        /** How often it was told to drop its caches. */
        int cachesDropped() {
            return cachesDropped.get();
        }

        /** Whether it is wanted at a safe point. */
        boolean mustStop() {
            return context.control().safePointRequested();
        }

        /** A store of the guest to a device. */
        void write(long address, long value) {
            context.bus().find(address, 4).handler().write(0, 4, value);
        }

        @Override
        public long register(int number) {
            return count;
        }

        @Override
        public void setRegister(int number, long value) {
            count = value;
        }

        @Override
        public long programCounter() {
            return 0;
        }

        @Override
        public long instructions() {
            return count;
        }

        @Override
        public CounterState state() {
            return new CounterState(count, halted);
        }

        @Override
        public void restore(CounterState state) {
            count = state.count();
            halted = state.halted();
        }
    }

    static final class FakeProcessors implements ProcessorFactory {
        final List<CountingProcessor> made = new ArrayList<>();

        @Override
        public Model model() {
            return new Model("counter", ABI, List.of(), StateType.of("counter", CounterState.class));
        }

        @Override
        public Processor<?> create(ProcessorContext context) {
            var processor = new CountingProcessor(context);
            made.add(processor);
            return processor;
        }
    }

    /** Where the first device is. */
    static final long HOLE = 0x1000;

    record BoardState(@Field(1) long boots) {
    }

    static final class FakeBoards implements BoardFactory {
        /** Of the last interrupt line that was set. */
        volatile boolean level;
        BoardContext context;
        long boots;
        List<Processor<?>> processors = List.of();
        /** What the board says stands against a boot. */
        List<Reason> obstacles = List.of();

        @Override
        public Model model() {
            return new Model("plank", ABI, List.of(), StateType.of("plank", BoardState.class));
        }

        @Override
        public long memoryBase() {
            return BASE;
        }

        @Override
        public Board<?> create(BoardContext given) {
            context = given;
            return new FakeBoard();
        }

        private final class FakeBoard implements Board<BoardState> {
            @Override
            public long timebase() {
                return 1_000_000;
            }

            @Override
            public EnvironmentCalls environment() {
                return null;
            }

            @Override
            public void connect(List<Processor<?>> given) {
                processors = given;
            }

            @Override
            public Slot slot(String kind, int index) {
                return kind.equals("hole") && index < 2 ? new Slot(HOLE + index * 0x100L, 0x100, high -> level = high) : null;
            }

            @Override
            public List<String> slotKinds() {
                return List.of("hole");
            }

            @Override
            public List<Reason> obstacles() {
                return obstacles;
            }

            @Override
            public void boot(List<Placed> devices) {
                boots++;
                processors.forEach(processor -> processor.boot(0));
            }

            @Override
            public BoardState state() {
                return new BoardState(boots);
            }

            @Override
            public void restore(BoardState state) {
                boots = state.boots();
            }
        }
    }

    record GadgetState(@Field(1) int value) {
    }

    static final Property<Boolean> LAMP = Property.feature("lamp", 3).since("1.1").meaning("A lamp.");
    static final Property<Long> LEVEL = Property.guest("level", new PropertyType.Number(0, 9)).defaultValue(5L).meaning("A level.");
    static final Property<Long> CAPACITY = Property.guest("capacity", new PropertyType.Number(0, 1 << 30)).changeable()
        .meaning("Left open.");
    static final Property<String> FILE = Property.host("file", new PropertyType.Text(100)).undecided("none").meaning("A file.");

    /** A host property that came with the second version. */
    static final Property<String> MODE = Property.host("mode", new PropertyType.Text(9)).defaultValue("fast").meaning("A mode.");

    /** A device whose calls a test watches. */
    static final class Gadgets implements DeviceFactory {
        final List<String> calls = new CopyOnWriteArrayList<>();
        final String abi;
        DeviceContext context;
        RuntimeException attachFailure;
        volatile RuntimeException writeFailure;
        /** Done at the next quiesce. */
        Runnable onQuiesce = () -> { };
        /** Done at each restore, with the value that is restored; what it gives is what the device holds then. */
        IntUnaryOperator onRestore = value -> value;
        Runnable onStart = () -> { };
        /** Done at each write to a register. */
        volatile Runnable onWrite = () -> { };
        /** Done at each attach. */
        Runnable onAttach = () -> { };
        long fileSize = 77;
        /** What each says stands against attaching it, and what it claims. */
        Function<String, List<Reason>> obstacles = path -> List.of();
        Function<String, Optional<List<Resource>>> claims =
            path -> Optional.of(List.of(new Resource(path, "file", URI.create("test:file"), true)));
        /** Whether it knows of connections, and what it has of them. */
        boolean connects;
        Connections connections = Connections.NONE;

        Gadgets(String abi) {
            this.abi = abi;
        }

        @Override
        public Model model() {
            return new Model("gadget", AbiVersion.parse(abi),
                abi.equals("1.0") ? List.of(LEVEL, CAPACITY, FILE) : List.of(LEVEL, CAPACITY, LAMP, FILE, MODE),
                StateType.of("gadget", GadgetState.class));
        }

        @Override
        public String slot() {
            return "hole";
        }

        @Override
        public Device<?> create(DeviceContext given) {
            context = given;
            return new Gadget();
        }

        private final class Gadget implements Device<GadgetState> {
            private final String path = context.path();
            private int value;

            @Override
            public List<Reason> obstacles() {
                return obstacles.apply(path);
            }

            @Override
            public Optional<List<Resource>> claims() {
                return claims.apply(path);
            }

            @Override
            public long registerBytes() {
                return 16;
            }

            @Override
            public DeviceNode node() {
                return DeviceNode.of("gadget", "test,gadget");
            }

            @Override
            public void attach() {
                if (attachFailure != null) {
                    throw attachFailure;
                }
                if (context.get(CAPACITY) == null) {
                    context.lock(CAPACITY, fileSize);
                }
                calls.add("attach");
                onAttach.run();
            }

            @Override
            public void attach(Connections passedOn) {
                if (connects) {
                    connections = passedOn;
                    attach();
                } else {
                    Device.super.attach(passedOn);
                }
            }

            @Override
            public Connections passOn() {
                Connections open = connections;
                connections = Connections.NONE;
                detach();
                return open;
            }

            @Override
            public Runnable change(Property<?> property, Object value) {
                if ((Long) value > fileSize) {
                    throw MachineException.usage(context.path(), property.name(), "the file has only " + fileSize, "enlarge it");
                }
                return () -> calls.add("changed to " + context.get(property));
            }

            @Override
            public void detach() {
                connections.close();
                calls.add("detach");
            }

            @Override
            public void reset() {
                calls.add("reset");
                value = 0;
            }

            @Override
            public void start() {
                calls.add("start");
                onStart.run();
            }

            @Override
            public void quiesce() {
                calls.add("quiesce");
                Runnable once = onQuiesce;
                onQuiesce = () -> { };
                once.run();
            }

            @Override
            public long read(long offset, int size) {
                return value;
            }

            @Override
            public void write(long offset, int size, long written) {
                if (writeFailure != null) {
                    throw writeFailure;
                }
                value = (int) written;
                onWrite.run();
            }

            @Override
            public GadgetState state() {
                return new GadgetState(value);
            }

            @Override
            public void restore(GadgetState state) {
                if (state.value() < 0) {
                    throw new IllegalArgumentException("value is negative");
                }
                value = onRestore.applyAsInt(state.value());
                calls.add("restore " + value);
            }
        }
    }

    static <F> Installed<F> installed(F factory, Model model, String version) {
        return new Installed<>(factory, model, "test." + model.type(), Version.parseVersion(version));
    }

    /** A blueprint of two counting processors and one gadget. */
    static Blueprint blueprint(FakeBoards boards, FakeProcessors processors, Gadgets gadgets, int count) {
        List<Reason> wrong = new ArrayList<>();
        Map<String, Blueprint.DeviceBlueprint> devices = new LinkedHashMap<>();
        Installed<DeviceFactory> device = installed(gadgets, gadgets.model(), "1.0.0");
        devices.put("/gadget@0", new Blueprint.DeviceBlueprint(device,
            Obstacles.ofUser("/gadget@0", device.model(), gadgets.model().abi(), Map.of(), wrong), 0));
        return new Blueprint("test", "plank-1.0", 64 * GuestMemory.PAGE_SIZE, count, installed(boards, boards.model(), "1.0.0"),
            Obstacles.ofUser("/plank", boards.model(), ABI, Map.of(), wrong), installed(processors, processors.model(), "1.0.0"),
            Obstacles.ofUser("/counter", processors.model(), ABI, Map.of(), wrong), devices);
    }
}
