package org.sterna.machine.virt.internal;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Property;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.time.GuestClock;

/** A board with fake processors; the test plays the guest and the machine. */
public final class BoardBench implements BoardContext, AutoCloseable {
    private final Configuration configuration;
    private final GuestMemory memory;
    private final MmioBus bus = new MmioBus();
    private final GuestClock clock;
    private final List<String> events = new ArrayList<>();
    private final List<FakeProcessor> harts;
    private final Board<?> board;

    /** A board in a machine whose time runs. */
    public BoardBench(int harts, long memoryBytes, Map<String, String> properties) {
        this(harts, memoryBytes, properties, new GuestClock());
        clock.start();
    }

    /** A board in a machine with a clock of its own. */
    public BoardBench(int harts, long memoryBytes, Map<String, String> properties, GuestClock clock) {
        this.clock = clock;
        this.memory = new GuestMemory(MemoryMap.MEMORY, memoryBytes);
        this.harts = Stream.generate(FakeProcessor::new).limit(harts).toList();
        var factory = new VirtBoardFactory();
        configuration = Configuration.ofUser(factory.model(), factory.model().abi(), properties, (property, complaint) -> {
            throw new IllegalArgumentException(property.name() + ": " + complaint);
        });
        board = factory.create(this);
        board.connect(List.copyOf(this.harts));
    }

    /** A clock that stands at some guest time and never moves. */
    public static GuestClock standing(long[] hostTime) {
        var clock = new GuestClock(() -> hostTime[0], Clock.systemUTC());
        clock.start();
        return clock;
    }

    /** The board. */
    @SuppressWarnings("unchecked")
    Board<VirtState> board() {
        return (Board<VirtState>) board;
    }

    /** A processor. */
    public FakeProcessor hart(int number) {
        return harts.get(number);
    }

    /** What the board has asked the machine for. */
    public List<String> events() {
        return events;
    }

    /** A load by the guest. */
    public long read(long address, int size) {
        MmioBus.Region region = bus.find(address, size);
        return region == null ? 0 : region.handler().read(address - region.base(), size);
    }

    /** A store by the guest. */
    public void write(long address, int size, long value) {
        MmioBus.Region region = bus.find(address, size);
        if (region != null) {
            region.handler().write(address - region.base(), size, value);
        }
    }

    /** A call of firmware; gives a0 and a1. */
    public List<Long> call(EnvironmentCalls firmware, int hart, long extension, long function, long... arguments) {
        FakeProcessor caller = hart(hart);
        for (int i = 0; i < arguments.length; i++) {
            caller.setRegister(10 + i, arguments[i]);
        }
        caller.setRegister(16, function);
        caller.setRegister(17, extension);
        firmware.call(caller);
        return caller.arguments(2);
    }

    @Override
    public <T> T get(Property<T> property) {
        return configuration.get(property);
    }

    @Override
    public int processors() {
        return harts.size();
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public MmioBus bus() {
        return bus;
    }

    @Override
    public String path() {
        return "/virt";
    }

    @Override
    public GuestClock clock() {
        return clock;
    }

    @Override
    public void atSafePoint(Processor<?> processor, Runnable action) {
        action.run();
    }

    @Override
    public void powerOff(String reason) {
        events.add("off: " + reason);
    }

    @Override
    public void panic(String reason) {
        events.add("panic: " + reason);
    }

    @Override
    public void restart() {
        events.add("restart");
    }

    @Override
    public void close() {
        clock.close();
        memory.close();
    }
}
