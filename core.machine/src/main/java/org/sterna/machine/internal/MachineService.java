package org.sterna.machine.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.framework.BundleContext;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.DeviceDefinition;
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
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.lease.LeaseKeeper;
import org.sterna.machine.memory.GuestMemory;

/** Builds machines from the types that are installed. */
@Component
public final class MachineService implements Machines, Registry.Watcher {
    private static final int MAX_PROCESSORS = 64;
    private static final long MAX_MEMORY = 1L << 40;
    /** How long this host may take to look at a resource. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    private final Registry registry;
    private final MachineTypes types;
    private final BundleContext context;
    private final Map<String, VirtualMachine> machines = new ConcurrentHashMap<>();
    /** Each machine is a service, for whoever wants to know of machines that come and go. */
    private final Map<VirtualMachine, ServiceRegistration<Machine>> registrations = new ConcurrentHashMap<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final LeaseKeeper fileLeases = new FileLeases();
    private final HeapShares heap = new HeapShares();

    /** The cluster's, if it has one; of several the one that ranks highest. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC,
        policyOption = ReferencePolicyOption.GREEDY)
    private volatile LeaseKeeper clusterLeases;

    /** A service over what is installed. */
    @Activate
    public MachineService(BundleContext context, @Reference Registry registry, @Reference MachineTypes types) {
        this.context = context;
        this.registry = registry;
        this.types = types;
        registry.watch(this);
        types.onStarted(this::came);
    }

    @Deactivate
    void close() {
        registry.unwatch(this);
        List.copyOf(machines.values()).forEach(Machine::close);
    }

    private LeaseKeeper keeper() {
        LeaseKeeper clusters = clusterLeases;
        return clusters == null ? fileLeases : clusters;
    }

    @Override
    public void came() {
        listeners.forEach(Runnable::run);
    }

    @Override
    public void goes(DeviceFactory device) {
        machines.values().forEach(machine -> machine.vanish(device));
        listeners.forEach(Runnable::run);
    }

    @Override
    public AutoCloseable onInstalled(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public Machine create(MachineDefinition definition) {
        return wire(resolve(definition));
    }

    @Override
    public MachineDescription describe(MachineDefinition definition) {
        Blueprint blueprint = resolve(definition);
        var open = new ArrayList<Reason>();
        var refusals = new ArrayList<Reason>();
        blueprint.devices().forEach((path, device) -> {
            var trial = Trial.of(path, device, keeper());
            open.addAll(trial.open());
            refusals.addAll(trial.refusals());
        });
        if (refusals.isEmpty()) {
            // What only shows when everything is put together, such as a board with too few slots.
            new VirtualMachine(blueprint, this::keeper, closed -> { }).close();
        }
        return new MachineDescription(blueprint.abi(), open);
    }

    /** Everything that a machine is made of, as a user asks for it. */
    private Blueprint resolve(MachineDefinition definition) {
        MachineType type = types.find(definition.machineType()).orElseThrow(() -> MachineException.usage("--machine",
            definition.machineType(), "no such machine type",
            Nearest.remedy(definition.machineType(), types.all().stream().map(MachineType::name).toList())));
        var wrong = new ArrayList<Reason>();
        checkSize(definition.memory(), definition.processors(), wrong);
        var board = offering("/" + type.board(), registry.boards(), type.board(), type, definition.board(), wrong);
        var processor = offering("/" + type.processor(), registry.processors(), type.processor(), type,
            definition.processor(), wrong);
        var devices = new LinkedHashMap<String, Blueprint.DeviceBlueprint>();
        var counts = new TreeMap<String, Integer>();
        var slots = new TreeMap<String, Integer>();
        for (DeviceDefinition device : definition.devices()) {
            String path = "/" + device.type() + "@" + (counts.merge(device.type(), 1, Integer::sum) - 1);
            var installed = offering(path, registry.devices(), device.type(), type, device.properties(), wrong);
            installed.ifPresent(found -> devices.put(path, new Blueprint.DeviceBlueprint(found,
                Obstacles.ofUser(path, found.model(), abi(type, found), device.properties(), wrong),
                slots.merge(found.guarded(DeviceFactory.class, path).slot(), 1, Integer::sum) - 1)));
        }
        var boardConfiguration = board.map(found ->
            Obstacles.ofUser("/" + type.board(), found.model(), abi(type, found), definition.board(), wrong));
        var processorConfiguration = processor.map(found ->
            Obstacles.ofUser("/" + type.processor(), found.model(), abi(type, found), definition.processor(), wrong));
        boardConfiguration.ifPresent(configuration -> requireComplete("/" + type.board(), configuration, wrong));
        processorConfiguration.ifPresent(configuration -> requireComplete("/" + type.processor(), configuration, wrong));
        if (!wrong.isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, wrong);
        }
        return new Blueprint(definition.name(), type.name(), definition.memory(), definition.processors(),
            board.orElseThrow(), boardConfiguration.orElseThrow(), processor.orElseThrow(),
            processorConfiguration.orElseThrow(), devices);
    }

    /** Only a device can read what has been left open off the host. */
    private static void requireComplete(String path, Configuration configuration, List<Reason> wrong) {
        if (wrong.isEmpty()) {
            configuration.open().forEach(property -> wrong.add(new Reason(path, property.name(),
                "it has no default", "give one in " + property.type().range())));
        }
    }

    /** A type that the machine type's table does not name has, in a new machine, the newest ABI that is installed. */
    private static AbiVersion abi(MachineType type, Installed<?> installed) {
        return type.abi().getOrDefault(installed.model().type(), installed.model().abi());
    }

    private static void checkSize(long memory, int processors, List<Reason> wrong) {
        if (memory <= 0 || memory > MAX_MEMORY || memory % GuestMemory.PAGE_SIZE != 0) {
            wrong.add(new Reason("--memory", "", "'" + memory + "' bytes of guest memory are not possible",
                "give a multiple of 4K up to 1T, such as 256M"));
        }
        if (processors < 1 || processors > MAX_PROCESSORS) {
            wrong.add(new Reason("--processors", "", "'" + processors + "' processors are not possible",
                "give 1 to " + MAX_PROCESSORS));
        }
    }

    /** The newest installed bundle that offers a type at the ABI version of a machine type. */
    private <F> Optional<Installed<F>> offering(String path, Registry.Kind<F> kind, String name, MachineType type,
            Map<String, String> given, List<Reason> wrong) {
        AbiVersion wanted = type.abi().get(name);
        if (kind.of(name).isEmpty()) {
            String problem = "no such type is installed: '" + name + "'";
            wrong.add(wanted == null ? Reason.of(path, problem, Nearest.remedy(name, kind.types()))
                : Reason.of(path, problem + ", which machine type " + type.name() + " has in ABI " + wanted,
                    "install a bundle that offers it"));
            return Optional.empty();
        }
        var installed = kind.of(name, given.get(BUNDLE));
        if (installed.isEmpty()) {
            wrong.add(missing(path, kind, name, given.get(BUNDLE)));
            return Optional.empty();
        }
        var found = installed.stream().filter(i -> wanted == null || i.model().abi().offers(wanted)).findFirst();
        if (found.isEmpty()) {
            wrong.add(Reason.of(path, "machine type " + type.name() + " needs " + name + " of ABI " + wanted
                + ", installed is " + String.join(", ", installed.stream()
                    .map(i -> name + " " + i.version() + " of ABI " + i.model().abi()).toList()),
                types.downTo(type.name(), name, installed.getFirst().model().abi())
                    .map(older -> "use --machine " + older.name() + ", or install a newer " + name)
                    .orElse("install a newer " + name)));
        }
        return found;
    }

    private static Reason missing(String path, Registry.Kind<?> kind, String type, String bundle) {
        return new Reason(path, BUNDLE, "no " + type + " " + bundle + " is installed", "installed is "
            + String.join(", ", kind.of(type).stream().map(i -> type + " " + i.version()).toList()));
    }

    @Override
    public Machine build(String name, AbiDocument abi, Map<String, Map<String, Object>> host) {
        var bundles = bundles(host);
        var reasons = obstacles(abi, bundles);
        if (!reasons.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, reasons);
        }
        String boardPath = "/" + abi.board().type();
        String processorPath = "/" + abi.processor().type();
        var board = fitting(boardPath, registry.boards(), abi.board(), abi, bundles).orElseThrow();
        var processor = fitting(processorPath, registry.processors(), abi.processor(), abi, bundles).orElseThrow();
        var devices = new LinkedHashMap<String, Blueprint.DeviceBlueprint>();
        var misfits = new ArrayList<Reason>();
        misfits.addAll(Obstacles.ofHost(boardPath, board.model(), host.getOrDefault(boardPath, Map.of())));
        misfits.addAll(Obstacles.ofHost(processorPath, processor.model(), host.getOrDefault(processorPath, Map.of())));
        abi.devices().forEach((path, part) -> {
            var installed = fitting(path, registry.devices(), part, abi, bundles).orElseThrow();
            var its = Obstacles.ofHost(path, installed.model(), host.getOrDefault(path, Map.of()));
            misfits.addAll(its);
            if (its.isEmpty()) {
                devices.put(path, new Blueprint.DeviceBlueprint(installed,
                    Configuration.ofPart(installed.model(), part, host.getOrDefault(path, Map.of())), part.slot()));
            }
        });
        if (!misfits.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, misfits);
        }
        return wire(new Blueprint(name, abi.machineType(), abi.memory(), abi.processors(), board,
            Configuration.ofPart(board.model(), abi.board(), host.getOrDefault(boardPath, Map.of())), processor,
            Configuration.ofPart(processor.model(), abi.processor(), host.getOrDefault(processorPath, Map.of())),
            devices));
    }

    private static Map<String, String> bundles(Map<String, Map<String, Object>> host) {
        var bundles = new TreeMap<String, String>();
        host.forEach((path, settings) -> {
            if (settings.get(BUNDLE) instanceof String version) {
                bundles.put(path, version);
            }
        });
        return bundles;
    }

    @Override
    public List<Reason> hostObstacles(AbiDocument abi, Map<String, Map<String, Object>> host) {
        if (abi.processors() < 1 || abi.processors() > MAX_PROCESSORS) {
            // Nothing can be put together; the reason is the guest ABI's.
            return List.of();
        }
        var bundles = bundles(host);
        try (var machine = new DryRunMachine(abi, host, CallLimits.DEFAULT)) {
            fitting("/" + abi.board().type(), registry.boards(), abi.board(), abi, bundles).ifPresent(machine::put);
            abi.devices().forEach((path, part) -> fitting(path, registry.devices(), part, abi, bundles)
                .ifPresent(installed -> machine.put(path, installed, part)));
            return List.copyOf(machine.obstacles());
        }
    }

    @Override
    public Map<String, List<ContentIdentity>> hostContents(AbiDocument abi, Map<String, Map<String, Object>> host) {
        var contents = new TreeMap<String, List<ContentIdentity>>();
        var bundles = bundles(host);
        abi.devices().forEach((path, part) -> fitting(path, registry.devices(), part, abi, bundles).ifPresent(installed ->
            contents.putAll(hostContents(path, installed, part, host.getOrDefault(path, Map.of())))));
        return contents;
    }

    private static Map<String, List<ContentIdentity>> hostContents(String path, Installed<DeviceFactory> installed, PartAbi part,
            Map<String, Object> host) {
        try (var loose = new LooseDevice(path, new Blueprint.DeviceBlueprint(installed,
                Configuration.ofPart(installed.model(), part, host), part.slot()), CallLimits.DEFAULT)) {
            return ContentQuery.of(Map.of(path, loose.make().contents())).answers(LOOK);
        } catch (MachineException | IllegalArgumentException e) {
            // What stands against the device says so.
            return Map.of();
        }
    }

    @Override
    public List<Reason> obstacles(AbiDocument abi, Map<String, String> bundles) {
        var reasons = new ArrayList<Reason>();
        checkSize(abi.memory(), abi.processors(), reasons);
        reasons.addAll(obstacles("/" + abi.board().type(), registry.boards(), abi.board(), abi, bundles));
        reasons.addAll(obstacles("/" + abi.processor().type(), registry.processors(), abi.processor(), abi, bundles));
        abi.devices().forEach((path, part) -> {
            if (!path.matches("/" + part.type() + "@[0-9]{1,5}")) {
                reasons.add(Reason.of(path, "not the path of a " + part.type(), "the document was not made by Sterna"));
            }
            reasons.addAll(obstacles(path, registry.devices(), part, abi, bundles));
        });
        reasons.addAll(slotObstacles(abi, bundles));
        return reasons;
    }

    /** A document says for each device in which slot it is; no two can be in one. */
    private List<Reason> slotObstacles(AbiDocument abi, Map<String, String> bundles) {
        var reasons = new ArrayList<Reason>();
        var taken = new TreeMap<String, String>();
        abi.devices().forEach((path, part) -> fitting(path, registry.devices(), part, abi, bundles).ifPresent(installed -> {
            String kind = installed.guarded(DeviceFactory.class, path).slot();
            String other = taken.putIfAbsent(kind + " " + part.slot(), path);
            if (other != null) {
                reasons.add(Reason.of(path, "the guest ABI puts it into slot " + part.slot() + " of the kind " + kind + ", where "
                    + other + " is", "the document was not made by Sterna"));
            }
        }));
        return reasons;
    }

    private <F> List<Reason> obstacles(String path, Registry.Kind<F> kind, PartAbi part, AbiDocument abi,
            Map<String, String> bundles) {
        if (kind.of(part.type()).isEmpty()) {
            return List.of(Reason.of(path, "no " + part.type() + " is installed there",
                "install a " + part.type() + " of ABI " + part.abi() + " there"));
        }
        var installed = kind.of(part.type(), bundles.get(path));
        if (installed.isEmpty()) {
            return List.of(missing(path, kind, part.type(), bundles.get(path)));
        }
        return fitting(path, kind, part, abi, bundles).isPresent() ? List.of() : obstacles(path, installed.getFirst(), part, abi);
    }

    private List<Reason> obstacles(String path, Installed<?> installed, PartAbi part, AbiDocument abi) {
        String older = types.downTo(abi.machineType(), part.type(), installed.model().abi())
            .map(MachineType::name).orElse("");
        return Obstacles.of(path, installed.model(), installed.version().toString(), part, older,
            (property, text) -> abi.option(path, property, text));
    }

    /** The newest installed bundle that can offer the guest ABI of a part. */
    private <F> Optional<Installed<F>> fitting(String path, Registry.Kind<F> kind, PartAbi part, AbiDocument abi,
            Map<String, String> bundles) {
        return kind.of(part.type(), bundles.get(path)).stream().filter(i -> obstacles(path, i, part, abi).isEmpty()).findFirst();
    }

    private Machine wire(Blueprint blueprint) {
        var machine = new VirtualMachine(blueprint, this::keeper, heap, this::forget, CallLimits.DEFAULT);
        if (machines.putIfAbsent(blueprint.name(), machine) != null) {
            machine.close();
            throw MachineException.usage(blueprint.name(), "", "there is a machine of that name", "give another --name");
        }
        heap.add(machine);
        registrations.put(machine, context.registerService(Machine.class, machine,
            FrameworkUtil.asDictionary(Map.of(NAME, machine.name()))));
        if (machine.phase() == Machine.Phase.CLOSED) {
            // By somebody who has found it by its name meanwhile.
            forget(machine);
        }
        return machine;
    }

    private void forget(VirtualMachine closed) {
        machines.remove(closed.name(), closed);
        heap.remove(closed);
        ServiceRegistration<Machine> registration = registrations.remove(closed);
        if (registration != null) {
            registration.unregister();
        }
    }

    @Override
    public Replacement replacement(Machine machine, String path, String version, Map<String, Object> host) {
        VirtualMachine ours = machines.get(machine.name());
        if (ours != machine) {
            throw new IllegalArgumentException(machine.name() + " was not built here");
        }
        AbiDocument abi = machine.abi();
        PartAbi part = abi.devices().get(path);
        if (part == null) {
            throw MachineException.usage(path, "", "no such device", Nearest.remedy(path, abi.devices().keySet()));
        }
        var installed = registry.devices().of(part.type(), version).stream().findFirst().orElseThrow(() ->
            new MachineException(MachineException.Kind.FAILED, List.of(missing(path, registry.devices(), part.type(), version))));
        var obstacles = obstacles(path, installed, part, abi);
        if (!obstacles.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, obstacles);
        }
        var misfits = Obstacles.ofHost(path, installed.model(), host);
        if (!misfits.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, misfits);
        }
        return ours.replacement(path, installed, host, () -> registry.devices().has(installed.factory()));
    }

    @Override
    public List<InstalledModel> models() {
        return registry.models();
    }

    @Override
    public List<InstalledModel> models(String type) {
        var found = models().stream().filter(installed -> installed.model().type().equals(type)).toList();
        if (found.isEmpty()) {
            throw MachineException.usage(type, "", "no such type is installed",
                Nearest.remedy(type, models().stream().map(installed -> installed.model().type()).toList()));
        }
        return found;
    }

    @Override
    public List<InstalledTranslator<?, ?>> translators() {
        return registry.translators();
    }

    @Override
    public Optional<InstalledModel> model(AbiDocument abi, String path, Map<String, String> bundles) {
        if (path.equals("/" + abi.board().type())) {
            return fitting(path, registry.boards(), abi.board(), abi, bundles).map(i -> i.describe(InstalledModel.Kind.BOARD));
        }
        PartAbi device = abi.devices().get(path);
        if (device != null) {
            return fitting(path, registry.devices(), device, abi, bundles).map(i -> i.describe(InstalledModel.Kind.DEVICE));
        }
        return path.equals("/" + abi.processor().type()) || path.startsWith("/" + abi.processor().type() + "@")
            ? fitting(path, registry.processors(), abi.processor(), abi, bundles)
                .map(i -> i.describe(InstalledModel.Kind.PROCESSOR))
            : Optional.empty();
    }

    @Override
    public Collection<MachineType> types() {
        return types.all();
    }

    @Override
    public Collection<Machine> running() {
        return List.copyOf(machines.values());
    }
}
