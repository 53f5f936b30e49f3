package org.sterna.machine.internal;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Stream;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.Version;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceModel;
import org.sterna.machine.processor.ProcessorFactory;
import org.sterna.machine.translator.Translates;
import org.sterna.machine.translator.Translator;

/**
 * The device, processor and board types that bundles contribute at the moment, several versions of each side by side, and the
 * translators between their states.
 */
@Component(service = Registry.class)
public final class Registry {
    private static final Logger LOG = LoggerFactory.getLogger(Registry.class);

    private final Kind<DeviceFactory> devices = new Kind<>();
    private final Kind<ProcessorFactory> processors = new Kind<>();
    private final Kind<BoardFactory> boards = new Kind<>();
    private final List<InstalledTranslator<?, ?>> translators = new CopyOnWriteArrayList<>();
    private final List<Watcher> watchers = new CopyOnWriteArrayList<>();

    /** Is told what comes and goes, on the thread of whoever installs or stops a bundle. */
    interface Watcher {
        /** Another type can be used from now on. */
        void came();

        /** A device type must not be used any more when this returns. */
        void goes(DeviceFactory device);
    }

    void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    void unwatch(Watcher watcher) {
        watchers.remove(watcher);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addDevice(DeviceFactory factory, ServiceReference<DeviceFactory> reference) {
        model(DeviceFactory.class, factory, DeviceFactory::model, reference).ifPresent(model -> {
            String disagreement = disagreement(model, reference);
            if (disagreement.isEmpty()) {
                devices.add(factory, model, reference);
                watchers.forEach(Watcher::came);
            } else {
                LOG.error("{} {} is not used: its @DeviceModel and its model disagree about {}",
                    reference.getBundle().getSymbolicName(), reference.getBundle().getVersion(), disagreement);
            }
        });
    }

    /** What a factory implements; nothing if it fails to say so, and is therefore not used. */
    private static <F> Optional<Model> model(Class<F> type, F factory, Function<F, Model> ask, ServiceReference<F> reference) {
        Bundle bundle = reference.getBundle();
        try {
            return Optional.of(ask.apply(new Plugin(bundle.getLocation(), bundle.getSymbolicName(), bundle.getVersion())
                .guard(type, factory)));
        } catch (MachineException e) {
            LOG.error("{} {} is not used: {}", bundle.getSymbolicName(), bundle.getVersion(), e.getMessage());
            return Optional.empty();
        }
    }

    /** The bundle waits for this before it goes. */
    void removeDevice(DeviceFactory factory) {
        devices.remove(factory);
        watchers.forEach(watcher -> watcher.goes(factory));
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addProcessor(ProcessorFactory factory, ServiceReference<ProcessorFactory> reference) {
        model(ProcessorFactory.class, factory, ProcessorFactory::model, reference).ifPresent(model -> {
            processors.add(factory, model, reference);
            watchers.forEach(Watcher::came);
        });
    }

    void removeProcessor(ProcessorFactory factory) {
        processors.remove(factory);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addBoard(BoardFactory factory, ServiceReference<BoardFactory> reference) {
        model(BoardFactory.class, factory, BoardFactory::model, reference).ifPresent(model -> {
            boards.add(factory, model, reference);
            watchers.forEach(Watcher::came);
        });
    }

    void removeBoard(BoardFactory factory) {
        boards.remove(factory);
    }

    @Reference(service = Translator.class, cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addTranslator(Translator<?, ?> translator, ServiceReference<Translator<?, ?>> reference) {
        try {
            var installed = installed(translator, reference.getBundle());
            String disagreement = disagreement(installed, reference);
            if (disagreement.isEmpty()) {
                translators.add(installed);
            } else {
                LOG.error("The translator {} is not used: {}", installed.name(), disagreement);
            }
        } catch (RuntimeException | Error e) {
            LOG.error("The translator {} {} is not used: it cannot say what it translates",
                reference.getBundle().getSymbolicName(), reference.getBundle().getVersion(), e);
        }
    }

    void removeTranslator(Translator<?, ?> translator) {
        translators.removeIf(installed -> installed.translator() == translator);
    }

    private static <O extends Record, N extends Record> InstalledTranslator<O, N> installed(Translator<O, N> translator,
            Bundle bundle) {
        return new InstalledTranslator<>(translator, translator.older(), translator.newer(), bundle.getSymbolicName(),
            bundle.getVersion());
    }

    private static String disagreement(InstalledTranslator<?, ?> translator, ServiceReference<?> reference) {
        var older = translator.older().schema();
        var newer = translator.newer().schema();
        if (!older.type().equals(newer.type())) {
            return "it is between two types: " + older.type() + ", " + newer.type();
        }
        var said = Stream.of("type", "older", "newer").map(name -> reference.getProperty(Translates.PREFIX_ + name)).toList();
        var does = List.<Object>of(older.type(), older.version(), newer.version());
        return said.equals(does) ? "" : "its @Translates and its formats disagree: " + said + ", " + does;
    }

    /** What a resolver was told must be what the code does. */
    private static String disagreement(Model model, ServiceReference<DeviceFactory> reference) {
        Function<String, Object> declared = name -> reference.getProperty(DeviceModel.PREFIX_ + name);
        if (!model.type().equals(declared.apply("type"))) {
            return "the type: " + declared.apply("type") + ", " + model.type();
        }
        if (!model.abi().toString().equals(declared.apply("abi"))) {
            return "the ABI version: " + declared.apply("abi") + ", " + model.abi();
        }
        if (!Integer.valueOf(model.state().schema().version()).equals(declared.apply("state"))) {
            return "the state version: " + declared.apply("state") + ", " + model.state().schema().version();
        }
        var features = model.features().stream().map(Property::name).sorted().toList();
        var said = declared.apply("features") instanceof String[] names ? Arrays.stream(names).sorted().toList() : List.of();
        return features.equals(said) ? "" : "the features: " + said + ", " + features;
    }

    Kind<DeviceFactory> devices() {
        return devices;
    }

    Kind<ProcessorFactory> processors() {
        return processors;
    }

    Kind<BoardFactory> boards() {
        return boards;
    }

    List<InstalledTranslator<?, ?>> translators() {
        return translators.stream().sorted(Comparator.<InstalledTranslator<?, ?>, String>comparing(InstalledTranslator::type)
            .thenComparing(InstalledTranslator::version, Comparator.reverseOrder())
            .thenComparing(InstalledTranslator::bundle)).toList();
    }

    List<InstalledModel> models() {
        return Stream.of(boards.all().map(i -> i.describe(InstalledModel.Kind.BOARD)),
            processors.all().map(i -> i.describe(InstalledModel.Kind.PROCESSOR)),
            devices.all().map(i -> i.describe(InstalledModel.Kind.DEVICE))).flatMap(s -> s).toList();
    }

    /** The factories of one kind. */
    static final class Kind<F> {
        private static final Comparator<Installed<?>> NEWEST_FIRST =
            Comparator.<Installed<?>, String>comparing(i -> i.model().type())
                .thenComparing(Comparator.<Installed<?>, Version>comparing(Installed::version).reversed());

        private final List<Installed<F>> installed = new CopyOnWriteArrayList<>();

        private void add(F factory, Model model, ServiceReference<F> reference) {
            installed.add(new Installed<>(factory, model, reference.getBundle().getSymbolicName(),
                reference.getBundle().getVersion()));
        }

        private void remove(F factory) {
            installed.removeIf(i -> i.factory() == factory);
        }

        /** All, by type, the newest bundle of each first. */
        Stream<Installed<F>> all() {
            return installed.stream().sorted(NEWEST_FIRST);
        }

        /** Those of a type, the newest bundle first. */
        List<Installed<F>> of(String type) {
            return all().filter(i -> i.model().type().equals(type)).toList();
        }

        /** Those of a type and, if it is not null, of one version of its bundle. */
        List<Installed<F>> of(String type, String version) {
            return of(type).stream().filter(i -> version == null || i.version().toString().equals(version)).toList();
        }

        /** Whether a factory is still there. */
        boolean has(F factory) {
            return installed.stream().anyMatch(i -> i.factory() == factory);
        }

        /** The names of all types. */
        List<String> types() {
            return all().map(i -> i.model().type()).distinct().toList();
        }
    }
}
