package org.sterna.machine.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.util.tracker.BundleTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.MachineType;

/**
 * The machine types: data files that any bundle names in its manifest header {@value #HEADER}, a comma-separated list of
 * paths whose last element may hold {@code *} (the extender pattern).
 *
 * <p>A name belongs to the bundle that was installed first: what another one says under the same name is not used, and the
 * log says so, for a machine type is what two hosts rely on to mean the same. Two versions of a bundle that say the same
 * do not disagree.
 */
@Component(service = MachineTypes.class)
public final class MachineTypes {
    private static final String HEADER = "Sterna-Machine-Types";
    /** The bundles in the order in which they were installed. */
    private static final Comparator<Bundle> OLDEST_FIRST = Comparator.comparingLong(Bundle::getBundleId);
    private static final Logger LOG = LoggerFactory.getLogger(MachineTypes.class);

    private final BundleTracker<List<MachineType>> bundles;
    private volatile Runnable onStarted = () -> { };

    /** Starts to watch the bundles. */
    @Activate
    public MachineTypes(BundleContext context) {
        bundles = new BundleTracker<>(context, Bundle.RESOLVED | Bundle.STARTING | Bundle.ACTIVE, null) {
            @Override
            public List<MachineType> addingBundle(Bundle bundle, BundleEvent event) {
                String header = bundle.getHeaders("").get(HEADER);
                return header == null ? null : add(bundle, header);
            }

            @Override
            public void modifiedBundle(Bundle bundle, BundleEvent event, List<MachineType> types) {
                onStarted.run();
            }
        };
        bundles.open();
    }

    /** Has somebody told when a bundle that has machine types has been started. */
    void onStarted(Runnable listener) {
        onStarted = listener;
    }

    @Deactivate
    void close() {
        bundles.close();
    }

    private List<MachineType> add(Bundle bundle, String header) {
        var types = read(bundle, header);
        bundles.getTracked().forEach((other, theirs) -> {
            for (MachineType theirType : theirs) {
                types.stream().filter(type -> type.name().equals(theirType.name()) && !type.equals(theirType))
                    .forEach(type -> complain(type.name(), bundle, other));
            }
        });
        return types;
    }

    private static void complain(String type, Bundle one, Bundle other) {
        Bundle first = OLDEST_FIRST.compare(one, other) < 0 ? one : other;
        LOG.error("{} is not used: machine type {} is {}'s, which says something else; give it a name of its own",
            describe(first == one ? other : one) + " " + type, type, describe(first));
    }

    private static String describe(Bundle bundle) {
        return bundle.getSymbolicName() + " " + bundle.getVersion();
    }

    /** All machine types, by name. */
    Collection<MachineType> all() {
        var types = new TreeMap<String, MachineType>();
        bundles.getTracked().entrySet().stream().sorted(Map.Entry.comparingByKey(OLDEST_FIRST))
            .forEach(entry -> entry.getValue().forEach(type -> types.putIfAbsent(type.name(), type)));
        return Collections.unmodifiableCollection(types.values());
    }

    /** The machine type of a name, or the newest of the family of that name. */
    Optional<MachineType> find(String name) {
        return all().stream().filter(type -> type.name().equals(name)).findFirst()
            .or(() -> all().stream().filter(type -> type.family().equals(name))
                .max(Comparator.comparing(MachineType::version)));
    }

    /**
     * The newest machine type of the same family that asks for no more of a type than an ABI version. The machine type that
     * is to be replaced may be too new to be known here; its name says of which family it is.
     */
    Optional<MachineType> downTo(String machineType, String type, AbiVersion abi) {
        return all().stream()
            .filter(other -> machineType.startsWith(other.family() + "-") && isOlder(other, machineType))
            .filter(other -> other.abi().containsKey(type) && abi.offers(other.abi().get(type)))
            .max(Comparator.comparing(MachineType::version));
    }

    private static boolean isOlder(MachineType type, String machineType) {
        try {
            return type.version().compareTo(AbiVersion.parse(machineType.substring(type.family().length() + 1))) < 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static List<MachineType> read(Bundle bundle, String header) {
        var types = new ArrayList<MachineType>();
        for (String path : header.split("\\s*,\\s*")) {
            int slash = path.lastIndexOf('/');
            var files = bundle.findEntries(path.substring(0, Math.max(0, slash)), path.substring(slash + 1), false);
            if (files == null) {
                LOG.error("{} names machine types that it does not hold: {}", describe(bundle), path);
                continue;
            }
            for (URL file : Collections.list(files)) {
                try (InputStream in = file.openStream()) {
                    types.add(MachineType.fromJson(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
                } catch (IOException | IllegalArgumentException e) {
                    LOG.error("{} has a machine type that is not used: {}: {}", describe(bundle), file.getPath(), e.getMessage());
                }
            }
        }
        return types;
    }
}
