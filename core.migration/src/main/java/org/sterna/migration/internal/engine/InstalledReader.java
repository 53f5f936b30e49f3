package org.sterna.migration.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.Version;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.state.StateSchema;
import org.sterna.machine.state.StateType;
import org.sterna.machine.time.ClockState;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Negotiation;
import org.sterna.migration.internal.negotiation.Reader;

/**
 * What the installed bundles could take over.
 *
 * @param machines the service that would build the machine
 * @param mapped   the host properties that this host maps, as text, by path and property name
 * @param paths    which files the host properties that are not mapped may name
 * @param accepted the host resources whose content may have changed since the guest was saved, each as {@code /path.property}
 */
public record InstalledReader(Machines machines, Map<String, Map<String, String>> mapped, PathRule paths, Set<String> accepted)
        implements Reader {
    /** Guest time belongs to core itself, so no model stands for it. */
    private static final StateSchema CLOCK = StateType.of("clock", ClockState.class).schema();

    /** With whatever files somebody's host properties name. */
    public InstalledReader(Machines machines, Map<String, Map<String, String>> mapped) {
        this(machines, mapped, PathRule.ANY, Set.of());
    }

    /** The answer to a manifest. */
    public Answer answer(Manifest manifest) {
        return Negotiation.answer(manifest, this);
    }

    @Override
    public List<Reason> obstacles(Manifest manifest) {
        var reasons = new ArrayList<>(abiObstacles(manifest));
        var host = host(manifest, reasons);
        var refused = refusedResources(manifest);
        reasons.addAll(refused);
        var allowed = Allowed.of(manifest.abi(), host, refused);
        for (Reason obstacle : machines.hostObstacles(allowed.abi(), allowed.host())) {
            if (allowed.isRefused(obstacle)) {
                continue;
            }
            boolean mappable = host.getOrDefault(obstacle.subject(), Map.of()).containsKey(obstacle.item());
            reasons.add(new Reason(obstacle.subject(), obstacle.item(), "at the destination, " + obstacle.cause(),
                obstacle.remedy() + (mappable ? (obstacle.remedy().isEmpty() ? "" : "; or ") + "start the receiver with --map "
                    + obstacle.subject() + "." + obstacle.item() + "=VALUE" : "")));
        }
        if (!manifest.contents().isEmpty()) {
            reasons.addAll(changed(manifest, machines.hostContents(allowed.abi(), allowed.host()), host));
        }
        return reasons;
    }

    /** What has changed, since the guest was saved, of what it relies on. */
    List<Reason> changed(Manifest manifest, Map<String, List<ContentIdentity>> now, Map<String, Map<String, Object>> host) {
        return new ChangedContents(accepted).reasons(manifest, now, host);
    }

    /** A machine without what its source must not use here. */
    private record Allowed(AbiDocument abi, Map<String, Map<String, Object>> host, List<Reason> refused) {
        /**
         * Leaves the devices out of which a path is refused, and the board's path: what a source must not use here it must not ask about
         * either, as the answer would tell which files there are, and what is in them.
         */
        static Allowed of(AbiDocument abi, Map<String, Map<String, Object>> host, List<Reason> refused) {
            var devices = new TreeMap<>(abi.devices());
            var allowed = new TreeMap<>(host);
            for (Reason reason : refused) {
                devices.remove(reason.subject());
                allowed.computeIfPresent(reason.subject(), (path, settings) -> {
                    var others = new TreeMap<>(settings);
                    others.remove(reason.item());
                    return others;
                });
            }
            return new Allowed(new AbiDocument(abi.machineType(), abi.memory(), abi.processors(), abi.board(), abi.processor(), devices),
                allowed, refused);
        }

        /** Whether a reason is about something that is left out, and says so only because it is. */
        boolean isRefused(Reason obstacle) {
            return refused.stream().anyMatch(reason -> reason.subject().equals(obstacle.subject())
                && reason.item().equals(obstacle.item()));
        }
    }

    /** The files and addresses that a machine's source names and that it must not have here. */
    private List<Reason> refusedResources(Manifest manifest) {
        var refused = new ArrayList<Reason>();
        manifest.host().forEach((path, settings) -> machines.model(manifest.abi(), path, bundles()).map(InstalledModel::model)
            .ifPresent(model -> settings.forEach((name, value) -> {
                boolean theirs = !mapped.getOrDefault(path, Map.of()).containsKey(name);
                if (theirs) {
                    model.property(name).flatMap(property -> objection(model, property, value)).ifPresent(objection ->
                        refused.add(new Reason(path, name, "the source " + objection.why(), "start the receiver with --map " + path + "."
                            + name + "=" + objection.remedy())));
                }
            })));
        return refused;
    }

    private record Objection(String why, String remedy) {
    }

    private Optional<Objection> objection(Model model, Property<?> property, Object value) {
        if (model.mayBePath(property, value)) {
            return paths.objection(value.toString())
                .map(why -> new Objection(why, "FILE, or with --allow-path and the file's folder"));
        }
        if (model.mayBeAddress(property, value)) {
            return paths.objectionToAddress(value.toString()).map(why -> new Objection(why, "HOST:PORT"));
        }
        return Optional.empty();
    }

    private List<Reason> abiObstacles(Manifest manifest) {
        return machines.obstacles(manifest.abi(), bundles());
    }

    /** The same bundles on a host that has whatever its host properties name. */
    Reader withoutHost() {
        InstalledReader bundles = this;
        return new Reader() {
            @Override
            public List<Reason> obstacles(Manifest manifest) {
                return abiObstacles(manifest);
            }

            @Override
            public Optional<Part> part(AbiDocument abi, Manifest.Section section) {
                return bundles.part(abi, section);
            }

            @Override
            public List<InstalledTranslator<?, ?>> translators(String type) {
                return bundles.translators(type);
            }
        };
    }

    /** What would be used for a part; nothing if nothing installed offers its guest ABI. */
    Optional<InstalledModel> fitting(AbiDocument abi, String path) {
        return machines.model(abi, path, bundles());
    }

    @Override
    public Optional<Part> part(AbiDocument abi, Manifest.Section section) {
        if (section.type().equals(CLOCK.type())) {
            return Optional.of(new Part(CLOCK, coreVersion(), null));
        }
        // Where nothing fits, the version that is wanted, or the newest if none is, tells what else would be wrong with
        // it. One that is wanted and not installed has nothing to tell, and no other may speak for it.
        String wanted = bundles().get(section.path());
        return fitting(abi, section.path())
            .or(() -> ofType(section.type()).filter(m -> wanted == null || m.version().toString().equals(wanted))
                .findFirst())
            .filter(installed -> installed.model().type().equals(section.type()))
            .map(InstalledReader::part);
    }

    private Stream<InstalledModel> ofType(String type) {
        return machines.models().stream().filter(installed -> installed.model().type().equals(type));
    }

    @Override
    public List<InstalledTranslator<?, ?>> translators(String type) {
        return machines.translators().stream().filter(translator -> translator.type().equals(type)).toList();
    }

    private Map<String, String> bundles() {
        var bundles = new TreeMap<String, String>();
        mapped.forEach((path, settings) -> {
            if (settings.containsKey(Machines.BUNDLE)) {
                bundles.put(path, settings.get(Machines.BUNDLE));
            }
        });
        return bundles;
    }

    private static Part part(InstalledModel installed) {
        return new Part(installed.model().state().schema(), installed.version().toString(),
            installed.model().features().stream().map(Property::name).collect(Collectors.toSet()));
    }

    private static String coreVersion() {
        var bundle = FrameworkUtil.getBundle(ClockState.class);
        return (bundle == null ? Version.emptyVersion : bundle.getVersion()).toString();
    }

    /**
     * The source's host properties, with this host's in their place where it maps them.
     *
     * @throws MachineException with every path, name and value that does not fit
     */
    Map<String, Map<String, Object>> host(Manifest manifest) {
        var wrong = new ArrayList<Reason>(refusedResources(manifest));
        var host = host(manifest, wrong);
        if (!wrong.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, wrong);
        }
        return host;
    }

    private Map<String, Map<String, Object>> host(Manifest manifest, List<Reason> wrong) {
        var host = new TreeMap<String, Map<String, Object>>();
        manifest.host().forEach((path, settings) -> {
            var theirs = new TreeMap<>(settings);
            // Which version of a bundle is used is for this host to say.
            theirs.remove(Machines.BUNDLE);
            host.put(path, theirs);
        });
        mapped.forEach((path, settings) -> settings.forEach((name, text) -> {
            if (name.equals(Machines.BUNDLE)) {
                host.computeIfAbsent(path, p -> new TreeMap<>()).put(name, text);
                return;
            }
            Optional<InstalledModel> model = machines.model(manifest.abi(), path, bundles());
            if (model.isEmpty() && manifest.host().containsKey(path)) {
                // That nothing here fits the part is an obstacle of its own.
                return;
            }
            Optional<Property<?>> property = model.flatMap(installed -> installed.model().property(name))
                .filter(found -> found.scope() == Property.Scope.HOST);
            try {
                host.computeIfAbsent(path, p -> new TreeMap<>()).put(name, property
                    .orElseThrow(() -> new IllegalArgumentException("there is no such host property")).type().parse(text));
            } catch (IllegalArgumentException e) {
                wrong.add(new Reason(path, name, e.getMessage(), "correct the receiver's --map " + path + "." + name));
            }
        }));
        return host;
    }
}
