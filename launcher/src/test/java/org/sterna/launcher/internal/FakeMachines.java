package org.sterna.launcher.internal;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import org.osgi.framework.Version;
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
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.MachineType;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

/** Machines without guests. */
public final class FakeMachines implements Machines {
    /** What has been asked for. */
    public final BlockingQueue<MachineDefinition> definitions = new LinkedBlockingQueue<>();
    /** What has been made. */
    public final BlockingQueue<FakeMachine> made = new LinkedBlockingQueue<>();

    /** The state of the one model. */
    public record Blank(@Field(1) long nothing) {
    }

    @Override
    public Machine create(MachineDefinition definition) {
        if (definition.machineType().equals("virtue")) {
            throw MachineException.usage("virtue", "", "no such machine type", "did you mean virt?");
        }
        var machine = new FakeMachine(definition.name());
        definitions.add(definition);
        made.add(machine);
        return machine;
    }

    @Override
    public Machine build(String name, AbiDocument abi, Map<String, Map<String, Object>> host) {
        throw new UnsupportedOperationException();
    }

    /** The translators that are installed. */
    public final List<InstalledTranslator<?, ?>> translators = new CopyOnWriteArrayList<>();

    @Override
    public List<InstalledTranslator<?, ?>> translators() {
        return translators;
    }

    /** What stands against any guest ABI. */
    public final List<Reason> obstacles = new CopyOnWriteArrayList<>();

    @Override
    public List<Reason> obstacles(AbiDocument abi, Map<String, String> bundles) {
        return obstacles;
    }

    @Override
    public List<Reason> hostObstacles(AbiDocument abi, Map<String, Map<String, Object>> host) {
        return List.of();
    }

    @Override
    public List<InstalledModel> models() {
        var registers = Property.guest("registers", new PropertyType.Choice(List.of("modern", "legacy"))).before("modern")
            .defaultValue("modern").meaning("The layout of the registers.");
        var model = new Model("virtio-blk", new AbiVersion(1, 1), List.of(
            Property.feature("discard", 13).since("1.1").meaning("Whether the driver may discard blocks."),
            registers,
            Property.feature("barrier", 0).since("1.1").when(registers, "legacy").meaning("Ordered requests."),
            Property.guest("capacity", new PropertyType.Size(512, 1 << 30, 512)).meaning("The disk's size."),
            Property.host("drive", new PropertyType.Text(4096)).meaning("The disk's file.")),
            StateType.of("virtio-blk", Blank.class));
        return List.of(new InstalledModel(InstalledModel.Kind.DEVICE, model, "org.example.blk", new Version(1, 1, 0)));
    }

    @Override
    public List<InstalledModel> models(String type) {
        var found = models().stream().filter(installed -> installed.model().type().equals(type)).toList();
        if (found.isEmpty()) {
            throw MachineException.usage(type, "", "no such type is installed", "known are virtio-blk");
        }
        return found;
    }

    @Override
    public Optional<InstalledModel> model(AbiDocument abi, String path, Map<String, String> bundles) {
        return Optional.empty();
    }

    @Override
    public Collection<MachineType> types() {
        return List.of(type("1.0"), type("1.1"));
    }

    private static MachineType type(String version) {
        var first = new AbiVersion(1, 0);
        return MachineType.of("virt", AbiVersion.parse(version), "virt", "riscv64",
            Map.of("virt", first, "riscv64", first, "virtio-blk", AbiVersion.parse(version)));
    }

    @Override
    public MachineDescription describe(MachineDefinition definition) {
        MachineType type = types().stream().filter(t -> t.name().equals(definition.machineType())).findFirst()
            .orElse(type("1.1"));
        var first = new AbiVersion(1, 0);
        var devices = new TreeMap<String, PartAbi>();
        definition.devices().stream().filter(device -> device.type().equals("virtio-blk")).forEach(device ->
            devices.put("/virtio-blk@" + devices.size(), Configuration.ofUser(models().getFirst().model(),
                type.abi().get("virtio-blk"), device.properties(), (property, complaint) -> {
                    throw MachineException.usage(property.name(), "", complaint, "");
                }).part(devices.size())));
        return new MachineDescription(new AbiDocument(type.name(), definition.memory(), definition.processors(),
            new PartAbi("virt", first, 0, new TreeMap<>()), new PartAbi("riscv64", first, 0, new TreeMap<>()), devices),
            devices.keySet().stream().filter(path -> !devices.get(path).settings().containsKey("capacity")).map(path -> new Reason(path, "capacity", "open: there is no file", "")).toList());
    }

    @Override
    public Collection<Machine> running() {
        return List.of();
    }

    @Override
    public Replacement replacement(Machine machine, String path, String version, Map<String, Object> host) {
        throw new UnsupportedOperationException();
    }

    @Override
    public AutoCloseable onInstalled(Runnable listener) {
        return () -> { };
    }
}
