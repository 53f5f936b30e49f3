package org.sterna.migration.internal.engine;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.osgi.framework.Version;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineDescription;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.Replacement;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.MachineType;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;
import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

/** A host with one version of the devices "timer" and "disk" installed: the old one or the new one. */
final class FakeHost implements Machines {
    /** State of the timer before its fix. */
    record OldTimer(@Field(1) long clock) {
    }

    /** State of the timer with its fix. */
    record NewTimer(@Field(1) long clock, @Field(id = 2, since = 2) @Default("0") long systemTime) {
    }

    /** State of the disk. */
    record DiskState(@Field(1) List<Long> queue, @Field(2) byte[] buffer) {
    }

    /** State of a device that only some machines have. */
    record LabelState(@Field(1) String text) {
    }

    /** State of the board. */
    record BoardState(@Field(1) int interrupts) {
    }

    /** State of a processor. */
    record CpuState(@Field(1) long pc) {
    }

    static final StateType<BoardState> BOARD = StateType.of("board", BoardState.class);
    static final StateType<CpuState> CPU = StateType.of("cpu", CpuState.class);
    static final StateType<LabelState> LABEL = StateType.of("label", LabelState.class);
    static final StateType<OldTimer> OLD_TIMER = StateType.of("timer", OldTimer.class);
    static final StateType<NewTimer> NEW_TIMER = StateType.of("timer", NewTimer.class);
    static final StateType<DiskState> DISK = StateType.of("disk", DiskState.class);

    final FakeMachine.Disk disk;
    final Map<String, FakeMachine> machines = new ConcurrentHashMap<>();
    volatile boolean newest;
    /** What a test wants this host to lack for a machine with some host properties. */
    Function<Map<String, Map<String, Object>>, List<Reason>> lacks = host -> List.of();
    /** What a test has installed. */
    List<InstalledTranslator<?, ?>> translators = List.of();
    /** Whether its disks say what they have. */
    boolean knowsContents;
    /** Lets a test change what is built before it is used. */
    UnaryOperator<FakeMachine> onBuild = machine -> machine;

    /** What takes over a device, by its path. */
    Function<String, Replacement> replacement = path -> {
        throw new UnsupportedOperationException();
    };

    FakeHost(boolean newest, FakeMachine.Disk disk) {
        this.newest = newest;
        this.disk = disk;
    }

    static AbiDocument abi(long memory) {
        var first = new AbiVersion(1, 0);
        return new AbiDocument("fake-1.0", memory, 1, new PartAbi("board", first, 0, new TreeMap<>()),
            new PartAbi("cpu", first, 0, new TreeMap<>()), new TreeMap<>(Map.of(
                "/timer@0", new PartAbi("timer", first, 0, new TreeMap<>()),
                "/disk@0", new PartAbi("disk", first, 0, new TreeMap<>()))));
    }

    /** The guest ABI of a machine that has a label too, and a property with a text. */
    static AbiDocument labelled(long memory, String text) {
        AbiDocument plain = abi(memory);
        var devices = new TreeMap<>(plain.devices());
        devices.put("/label@0", new PartAbi("label", new AbiVersion(1, 0), 0,
            new TreeMap<>(Map.of("text", new Setting(text, Provenance.USER)))));
        return new AbiDocument(plain.machineType(), memory, 1, plain.board(), plain.processor(), devices);
    }

    /** A machine with a label, whose guest runs. */
    FakeMachine runningLabelled(String name, long memory, String text) {
        FakeMachine machine = build(name, labelled(memory, text), Map.of());
        machine.replace(FakePart.holding("/label@0", "1.0.0", LABEL, new LabelState(text)));
        machine.attach();
        machine.boot();
        return machine;
    }

    /** A machine whose guest runs, and writes its memory. */
    FakeMachine running(String name, long memory) {
        FakeMachine machine = build(name, abi(memory), Map.of());
        machine.attach();
        machine.boot();
        return machine;
    }

    @Override
    public FakeMachine build(String name, AbiDocument abi, Map<String, Map<String, Object>> host) {
        if (!obstacles(abi, Map.of()).isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, obstacles(abi, Map.of()));
        }
        var machine = new FakeMachine(name, abi, disk, () -> machines.remove(name));
        if (machines.putIfAbsent(name, machine) != null) {
            throw MachineException.usage(name, "", "there is a machine of that name", "");
        }
        machine.knowsContents = knowsContents;
        machine.add(FakePart.holding("/cpu@0", "1.0.0", CPU, new CpuState(0x8000_0000L)));
        machine.add(FakePart.holding("/board", "1.0.0", BOARD, new BoardState(5)));
        machine.add(newest
            ? FakePart.holding("/timer@0", "1.1.0", NEW_TIMER, new NewTimer(7, 0))
            : FakePart.holding("/timer@0", "1.0.0", OLD_TIMER, new OldTimer(7)));
        machine.add(FakePart.holding("/disk@0", newest ? "1.1.0" : "1.0.0", DISK,
            new DiskState(List.of(1L, 2L, 3L), new byte[] {4, 5})));
        if (abi.devices().containsKey("/label@0")) {
            machine.add(FakePart.holding("/label@0", "1.0.0", LABEL, new LabelState("")));
        }
        return onBuild.apply(machine);
    }

    @Override
    public List<Reason> obstacles(AbiDocument abi, Map<String, String> bundles) {
        return abi.memory() > 1L << 32 ? List.of(Reason.of("fake", "too much memory", "")) : List.of();
    }

    @Override
    public List<Reason> hostObstacles(AbiDocument abi, Map<String, Map<String, Object>> host) {
        return lacks.apply(host);
    }

    @Override
    public Map<String, List<ContentIdentity>> hostContents(AbiDocument abi, Map<String, Map<String, Object>> host) {
        return knowsContents ? Map.of("/disk@0", disk.contents(false)) : Map.of();
    }

    @Override
    public List<InstalledModel> models() {
        var version = new Version(newest ? "1.1.0" : "1.0.0");
        var first = new AbiVersion(1, newest ? 1 : 0);
        List<Property<?>> features = newest
            ? List.of(Property.host("drive", new PropertyType.Text(100)).meaning("The file."),
                Property.feature("discard", 13).since("1.1").meaning("Discards."))
            : List.of(Property.host("drive", new PropertyType.Text(100)).meaning("The file."));
        return List.of(
            new InstalledModel(InstalledModel.Kind.DEVICE,
                new Model("timer", first, List.of(), newest ? NEW_TIMER : OLD_TIMER), "timer", version),
            new InstalledModel(InstalledModel.Kind.DEVICE, new Model("disk", first, features, DISK), "disk", version),
            new InstalledModel(InstalledModel.Kind.BOARD, new Model("board", new AbiVersion(1, 0), List.of(), BOARD),
            "board",
                new Version("1.0.0")),
            new InstalledModel(InstalledModel.Kind.PROCESSOR, new Model("cpu", new AbiVersion(1, 0), List.of(), CPU),
            "cpu",
                new Version("1.0.0")),
            new InstalledModel(InstalledModel.Kind.DEVICE, new Model("label", new AbiVersion(1, 0), List.of(), LABEL), "label",
                new Version("1.0.0")));
    }

    @Override
    public List<InstalledTranslator<?, ?>> translators() {
        return translators;
    }

    @Override
    public Optional<InstalledModel> model(AbiDocument abi, String path, Map<String, String> bundles) {
        String wanted = bundles.get(path);
        return models().stream().filter(model -> path.startsWith("/" + model.model().type() + "@"))
            .filter(model -> wanted == null || model.version().toString().equals(wanted)).findFirst();
    }

    @Override
    public List<InstalledModel> models(String type) {
        return models().stream().filter(model -> model.model().type().equals(type)).toList();
    }

    @Override
    public MachineDescription describe(MachineDefinition definition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Machine create(MachineDefinition definition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Collection<MachineType> types() {
        return List.of();
    }

    @Override
    public Collection<Machine> running() {
        return List.copyOf(machines.values());
    }

    @Override
    public Replacement replacement(Machine machine, String path, String version, Map<String, Object> host) {
        return replacement.apply(path);
    }

    @Override
    public AutoCloseable onInstalled(Runnable listener) {
        return () -> { };
    }
}
