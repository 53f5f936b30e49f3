package org.sterna.deployment.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDifference;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;

/**
 * What a definition asks of a machine that is there already.
 *
 * @param refused what it asks that would need another machine
 * @param devices the devices that are to have other host properties, or another version of their bundle
 */
record ConfigurationDiff(List<Reason> refused, List<OfDevice> devices) {
    private static final String REMEDY = "set it back, or delete the configuration and create it again";

    /**
     * A device that is to be another.
     *
     * @param version of its bundle
     * @param host    all its host properties
     */
    record OfDevice(String path, String version, Map<String, Object> host) {
    }

    /**
     * Compares; the machine is not touched.
     *
     * @param booted whether its guest was booted from this definition; of one that came from elsewhere nobody asks what it was
     *               booted with
     * @throws MachineException if the definition does not fit what is installed; it may fit later
     */
    static ConfigurationDiff between(Machines machines, Machine machine, MachineDefinition wanted, boolean booted) {
        return new Comparison(machines, machine.name(), machine.abi(), machine, wanted, booted).change();
    }

    /**
     * Why a guest that might come is not the one that a definition describes; nothing if it is.
     *
     * @param abi its guest ABI
     */
    static List<Reason> objections(Machines machines, String name, AbiDocument abi, MachineDefinition wanted) {
        try {
            return new Comparison(machines, name, abi, null, wanted, false).change().refused();
        } catch (MachineException e) {
            return e.reasons();
        }
    }

    /** The devices of a definition by the paths that they get. */
    static Map<String, DeviceDefinition> byPath(List<DeviceDefinition> devices) {
        var paths = new LinkedHashMap<String, DeviceDefinition>();
        var counts = new HashMap<String, Integer>();
        devices.forEach(device -> paths.put("/" + device.type() + "@" + (counts.merge(device.type(), 1, Integer::sum) - 1),
            device));
        return paths;
    }

    /** One comparison. What the guest can see is compared as values: what is said now may have been the default before. */
    private static final class Comparison {
        private final Machines machines;
        private final String name;
        private final AbiDocument abi;
        /** Null as long as it is not here. */
        private final Machine machine;
        private final MachineDefinition wanted;
        private final boolean booted;
        /** What is wrong with the definition itself. */
        private final List<Reason> wrong = new ArrayList<>();
        private final List<Reason> refused = new ArrayList<>();
        private final List<OfDevice> changes = new ArrayList<>();

        Comparison(Machines machines, String name, AbiDocument abi, Machine machine, MachineDefinition wanted, boolean booted) {
            this.machines = machines;
            this.name = name;
            this.abi = abi;
            this.machine = machine;
            this.wanted = wanted;
            this.booted = booted;
        }

        ConfigurationDiff change() {
            if (!abi.machineType().equals(wanted.machineType()) && !abi.machineType().startsWith(wanted.machineType() + "-")) {
                refuse(name, "machine", differs(abi.machineType(), wanted.machineType()));
            }
            var devices = new TreeMap<String, PartAbi>();
            byPath(wanted.devices()).forEach((path, device) -> {
                if (abi.devices().containsKey(path)) {
                    devices.put(path, compare(path, device));
                } else {
                    refuse(path, "", "it is in the configuration, and not in the machine");
                }
            });
            var other = new AbiDocument(abi.machineType(), wanted.memory(), wanted.processors(), board(), processor(), devices);
            if (!wrong.isEmpty()) {
                throw new MachineException(MachineException.Kind.USAGE, wrong);
            }
            AbiDifference.between(abi, other).forEach(this::refuse);
            return new ConfigurationDiff(refused, changes);
        }

        private void refuse(AbiDifference difference) {
            refuse(difference.path().isEmpty() ? name : difference.path(), difference.item(),
                difference.kind() == AbiDifference.Kind.DEVICE ? "it is in the machine, and not in the configuration"
                    : differs(text(difference.a()), text(difference.b())));
        }

        private void refuse(String subject, String item, String cause) {
            refused.add(machine == null
                ? new Reason(subject, item, cause + " that waits for it",
                    "give it the configuration that it has, or send it elsewhere")
                : new Reason(subject, item, cause + "; what a guest can see stays as it is while the machine exists", REMEDY));
        }

        private static String differs(String now, String then) {
            return "it is " + now + " in the machine and " + then + " in the configuration";
        }

        private static String text(Object value) {
            return switch (value) {
                case null -> "not there";
                case Boolean flag -> flag ? "on" : "off";
                default -> value.toString();
            };
        }

        private PartAbi board() {
            String path = "/" + abi.board().type();
            Optional<Configuration> given = given(path, Map.of(), path, abi.board(), wanted.board());
            if (booted) {
                given.ifPresent(it -> compareHost(path, it.host()));
            }
            return part(given, abi.board());
        }

        /** What the board takes from the host it has taken when the guest was booted. */
        private void compareHost(String path, Map<String, Object> given) {
            var now = machine.hostSettings().getOrDefault(path, Map.of());
            var names = new TreeSet<>(now.keySet());
            names.addAll(given.keySet());
            names.stream().filter(property -> !Objects.equals(now.get(property), given.get(property))).forEach(property -> refused
                .add(new Reason(path, property, "it is used when a guest boots, and this one has booted", REMEDY)));
        }

        private PartAbi processor() {
            String path = "/" + abi.processor().type();
            return part(given(path + "@0", Map.of(), path, abi.processor(), wanted.processor()), abi.processor());
        }

        private PartAbi compare(String path, DeviceDefinition device) {
            PartAbi part = abi.devices().get(path);
            String asked = device.properties().get(Machines.BUNDLE);
            if (machine == null) {
                return part(given(path, asked == null ? Map.of() : Map.of(path, asked), path, part, device.properties()), part);
            }
            String version = machine.parts().stream().filter(other -> other.path().equals(path)).findFirst().orElseThrow()
                .version()
                .toString();
            String other = asked == null ? version : asked;
            Optional<Configuration> given = given(path, Map.of(path, other), path, part, device.properties());
            Map<String, Object> now = machine.hostSettings().getOrDefault(path, Map.of());
            given.map(it -> it.hostWith(now)).filter(host -> !other.equals(version) || !host.equals(now))
                .ifPresent(host -> changes.add(new OfDevice(path, other, host)));
            return part(given, part);
        }

        /** What is given to a part; nothing if its bundle is not installed and may still come, which others look after. */
        private Optional<Configuration> given(String at, Map<String, String> bundles, String path, PartAbi part,
                Map<String, String> texts) {
            Optional<Model> model = machines.model(abi, at, bundles).map(InstalledModel::model);
            if (model.isEmpty() && machine != null) {
                throw MachineException.failed(path, "", "no bundle is installed that offers the guest's ABI"
                    + (bundles.containsKey(path) ? " in version " + bundles.get(path) : ""), "install it");
            }
            return model.map(found -> given(path, found, part, texts));
        }

        private Configuration given(String path, Model model, PartAbi part, Map<String, String> texts) {
            texts.keySet().stream().filter(name -> !name.equals(Machines.BUNDLE) && model.property(name).isEmpty())
                .forEach(name -> wrong.add(new Reason(path, name, "no such property of " + model.type(), "")));
            return Configuration.ofUser(model, part.abi(), texts,
                (property, complaint) -> wrong.add(new Reason(path, property.name(), complaint, "")));
        }

        /** What nobody gives is as it was once read off the host. */
        private static PartAbi part(Optional<Configuration> configuration, PartAbi now) {
            if (configuration.isEmpty()) {
                return now;
            }
            Configuration given = configuration.get();
            PartAbi then = given.part(now.slot());
            var settings = new TreeMap<>(then.settings());
            given.open().stream().map(Property::name).filter(now.settings()::containsKey)
                .forEach(name -> settings.put(name, now.settings().get(name)));
            return new PartAbi(then.type(), then.abi(), then.slot(), settings);
        }
    }
}
