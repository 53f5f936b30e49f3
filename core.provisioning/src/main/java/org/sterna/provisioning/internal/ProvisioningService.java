package org.sterna.provisioning.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.resolver.ResolutionException;
import org.osgi.service.resolver.Resolver;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.InstalledModel.Kind;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.MachineType;
import org.sterna.machine.abi.PropertyType;
import org.sterna.migration.Provisioner;
import org.sterna.provisioning.FoundBundle;
import org.sterna.provisioning.Provisioning;
import org.sterna.provisioning.SignatureRules;
import org.sterna.provisioning.internal.download.BoundedCall;
import org.sterna.provisioning.internal.download.Deadline;
import org.sterna.provisioning.internal.download.Download;
import org.sterna.provisioning.internal.signature.Trust;

/** Finds bundles with the OSGi resolver. */
@Component
public final class ProvisioningService implements Provisioning {
    private static final PropertyType<Boolean> SWITCH = new PropertyType.Flag();
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final BundleContext context;
    private final Machines machines;
    private final Resolver resolver;

    /** A service over what is installed. */
    @Activate
    public ProvisioningService(BundleContext context, @Reference Machines machines, @Reference Resolver resolver) {
        this.context = context;
        this.machines = machines;
        this.resolver = resolver;
    }

    @Override
    public List<FoundBundle> resolve(MachineDefinition definition, String subject, List<String> repositories) {
        MachineType type = type(definition.machineType());
        Deadline deadline = Deadline.in(PATIENCE);
        return BoundedCall.run(deadline, subject, call -> {
            try (var download = new Download(deadline)) {
                return resolve(definition, subject, type, Catalog.of(download, repositories), call);
            }
        }, late -> { });
    }

    private List<FoundBundle> resolve(MachineDefinition definition, String subject, MachineType type, Catalog catalog,
            BoundedCall call) {
        var wanted = new LinkedHashSet<Wanted>();
        wanted.add(new WantedMachineType(type.name()));
        wanted.add(wanted(catalog, Kind.BOARD, "/" + type.board(), type, type.board(), definition.board()));
        wanted.add(wanted(catalog, Kind.PROCESSOR, "/" + type.processor(), type, type.processor(),
            definition.processor()));
        var counts = new TreeMap<String, Integer>();
        for (DeviceDefinition device : definition.devices()) {
            String path = "/" + device.type() + "@" + (counts.merge(device.type(), 1, Integer::sum) - 1);
            wanted.add(wanted(catalog, Kind.DEVICE, path, type, device.type(), device.properties()));
        }
        BundleWiring framework = context.getBundle(Constants.SYSTEM_BUNDLE_LOCATION).adapt(BundleWiring.class);
        var selection = new Selection(catalog, Map.of(framework.getRevision(), framework), wanted);
        var chain = new Chain(catalog, selection);
        var missing = new ArrayList<Reason>();
        for (Wanted part : wanted) {
            chain.broken(part).ifPresent(why -> missing.add(Reason.of(subject, "it needs " + why,
                "add a --repository that has " + part.words() + " with all that it needs")));
        }
        if (!missing.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, missing);
        }
        try {
            return selection.resolve(resolver, call).stream()
                .map(bundle -> new FoundBundle(Catalog.name(bundle), Catalog.version(bundle), Catalog.location(bundle)))
                    .toList();
        } catch (ResolutionException e) {
            throw MachineException.failed(subject, "", "the bundles that it needs do not go together: "
                + Reason.causeOf(e), "");
        }
    }

    private MachineType type(String name) {
        return machines.types().stream().filter(type -> type.name().equals(name)).findFirst()
            .or(() -> machines.types().stream().filter(type -> type.family().equals(name))
                .max(Comparator.comparing(MachineType::version)))
            .orElseThrow(() -> MachineException.usage(name, "", "no such machine type",
                "there are " + String.join(", ", machines.types().stream().map(MachineType::name).toList())));
    }

    private Wanted wanted(Catalog catalog, Kind kind, String path, MachineType machineType, String type,
            Map<String, String> given) {
        var switchedOn = given.entrySet().stream().filter(entry -> isOn(entry.getValue())).map(Map.Entry::getKey)
            .collect(Collectors.toSet());
        return new WantedModel(kind, path, type, machineType.abi().get(type),
            new KnownFeatures(catalog, machines).among(switchedOn, kind, type), 0,
                given.getOrDefault(Machines.BUNDLE, ""));
    }

    private static boolean isOn(String text) {
        try {
            return SWITCH.parse(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public AutoCloseable provide(List<String> repositories, SignatureRules rules) {
        var provisioner = new RepositoryProvisioner(context, machines, resolver, Sources.named(repositories),
            Trust.of(rules));
        ServiceRegistration<Provisioner> registration = context.registerService(Provisioner.class, provisioner, null);
        return registration::unregister;
    }
}
