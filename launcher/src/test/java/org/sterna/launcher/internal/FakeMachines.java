package org.sterna.launcher.internal;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.osgi.framework.Version;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.MachineType;
import org.sterna.machine.abi.Model;
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

    @Override
    public List<Reason> obstacles(AbiDocument abi, Map<String, String> bundles) {
        return List.of();
    }

    @Override
    public List<Reason> hostObstacles(AbiDocument abi, Map<String, Map<String, Object>> host) {
        return List.of();
    }

    @Override
    public List<InstalledModel> models() {
        var model = new Model("virtio-blk", new AbiVersion(1, 1), List.of(
            Property.feature("discard", 13).since("1.1").meaning("Whether the driver may discard blocks."),
            Property.host("drive", new PropertyType.Text(4096)).meaning("The disk's file.")),
            StateType.of("virtio-blk", Blank.class));
        return List.of(new InstalledModel(InstalledModel.Kind.DEVICE, model, "org.example.blk", new Version(1, 1, 0)));
    }

    @Override
    public Optional<InstalledModel> model(AbiDocument abi, String path, Map<String, String> bundles) {
        return Optional.empty();
    }

    @Override
    public Collection<MachineType> types() {
        return List.of();
    }

    @Override
    public Collection<Machine> running() {
        return List.of();
    }
}
