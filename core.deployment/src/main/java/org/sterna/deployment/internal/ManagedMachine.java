package org.sterna.deployment.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceListener;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.SynchronousBundleListener;
import org.osgi.service.cm.annotations.RequireConfigurationAdmin;
import org.osgi.service.component.ComponentConstants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.deployment.ConfiguredMachine;
import org.sterna.machine.Machine;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.migration.DepartureListener;
import org.sterna.migration.Endpoint;
import org.sterna.migration.Migrations;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;

/**
 * One machine for one configuration: made when it is created, told when it is changed, closed when it is deleted. What cannot be
 * made yet is tried again whenever something is installed, since bundles start in any order, when a machine ends, and from time to
 * time, since a disk may be free then.
 *
 * <p>A guest that leaves by a migration is not booted again: that it leaves is on the disk before the destination may let it run.
 * If the destination does not confirm it and the framework stops, the guest is kept in a file until somebody decides.
 * And a configuration may wait for its guest instead of booting one.
 *
 * <p>The guest's snapshot needs every device, and bundles stop in any order too. When the whole framework is about to stop, the
 * first that anybody hears of it is that the system bundle does: synchronous listeners are told before any other bundle is
 * stopped. When only a bundle stops that this component needs, it is deactivated before that one's service has gone, since the
 * references are static. And a device whose bundle has gone before that leaves its state with the machine, so that a snapshot has it too.
 */
@Component(service = ConfiguredMachine.class, immediate = true, configurationPid = ManagedMachine.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = MachineConfiguration.class, factory = true)
@RequireConfigurationAdmin
public final class ManagedMachine implements ConfiguredMachine {
    static final String PID = "org.sterna.machine";
    private static final String MACHINES = "(" + Constants.OBJECTCLASS + "=org.sterna.machine.Machine)";
    /** The property of a service that is there while a guest is saved that would be lost with the framework. */
    private static final String SAVING = "org.sterna.saving";
    private static final Logger LOG = LoggerFactory.getLogger(ManagedMachine.class);

    private final Machines machines;
    private final Migrations migrations;
    private final BundleContext context;
    private final Path folder;
    private final String name;
    private final SynchronousBundleListener stopping = this::frameworkEvent;
    private final ServiceListener closing = this::serviceEvent;
    private final AutoCloseable installing;
    private final Retry retry;
    /** What is in force, or was to be when the machine was last made. */
    private volatile Settings settings;
    /** The configuration as it is now; null if it makes no sense. */
    private Settings wanted;
    private Machine machine;
    private PendingGuest pending;
    private AutoCloseable upkeep;
    private boolean closed;
    /** What of the configuration is not in force. */
    private List<Reason> wrong = List.of();
    private volatile List<Reason> reasons = List.of();

    /** Makes the machine of a new configuration, or says why it cannot be made yet. */
    @Activate
    public ManagedMachine(BundleContext context, @Reference Machines machines, @Reference Migrations migrations,
            MachineConfiguration configuration, Map<String, Object> properties) throws InvalidSyntaxException {
        this.context = context;
        this.machines = machines;
        this.migrations = migrations;
        this.folder = GuestFolder.of(context);
        this.name = Settings.name(configuration, (String) properties.get(Constants.SERVICE_PID));
        this.retry = new Retry("sterna-machine-" + name, this::tryAgain);
        context.addBundleListener(stopping);
        configure(configuration);
        installing = machines.onInstalled(retry::now);
        context.addServiceListener(closing, MACHINES);
        // What was installed in between has told nobody.
        tryAgain();
    }

    @Modified
    void configure(MachineConfiguration configuration) {
        retry.reset();
        attempt(() -> {
            wanted = null;
            String given = configuration.name().isEmpty() ? name : configuration.name();
            if (!given.equals(name)) {
                throw MachineException.usage(name, "name", "it is given once and for all",
                    "set it back, or create another configuration");
            }
            wanted = Settings.of(configuration, name, folder);
            if (pending != null && wanted.equals(settings)) {
                return;
            }
            waitNoLonger();
            comply();
        });
    }

    /** Has the machine as the configuration wants it. */
    private void comply() {
        if (isAlive()) {
            apply(wanted);
        } else {
            set(wanted);
            make();
        }
    }

    /** Whether there is a guest that a change must not harm. */
    private boolean isAlive() {
        return machine != null && (machine.phase() == Phase.RUNNING || machine.phase() == Phase.PAUSED);
    }

    private void set(Settings changed) {
        if (changed.save()) {
            changed.saved().requireFolder();
        }
        if (settings != null) {
            settings.saved().requireStays(changed.saved());
            settings.departed().moveTo(changed.departed());
        }
        settings = changed;
    }

    /** What the configuration wants may be possible now: a bundle has come, a disk is free. */
    private synchronized void tryAgain() {
        boolean open = machine == null ? pending == null : !wrong.isEmpty() && isAlive();
        if (!closed && wanted != null && open) {
            attempt(this::comply);
        }
    }

    /** The disk, port or name of a machine that ends is free for others. */
    private void serviceEvent(ServiceEvent event) {
        if (event.getType() == ServiceEvent.UNREGISTERING && context.getService(event.getServiceReference()) instanceof Machine gone) {
            // One whose guest has never run is the attempt of some configuration that has failed, which helps nobody.
            if (gone.phase() != Phase.CREATED) {
                retry.now();
            }
            context.ungetService(event.getServiceReference());
        }
    }

    private synchronized void attempt(Runnable action) {
        List<Reason> before = wrong;
        try {
            action.run();
            wrong = List.of();
            retry.reset();
        } catch (MachineException e) {
            wrong = e.reasons();
            if (e.kind() == MachineException.Kind.FAILED) {
                retry.later();
            }
        } catch (RuntimeException | LinkageError e) {
            // A defect of a plug-in must not keep the configuration from being tried again.
            LOG.error("machine {}: unexpected failure", name, e);
            wrong = List.of(Reason.of("", "unexpected failure: " + e, "see the log; it is tried again"));
            retry.later();
        }
        if (!wrong.equals(before)) {
            wrong.forEach(reason -> LOG.warn("machine {}: {}", name, reason));
        }
        var all = new ArrayList<>(wrong);
        if (pending != null) {
            all.add(pending.waiting());
        }
        reasons = List.copyOf(all);
    }

    /** Makes the machine anew, with the guest that waits if there is one; or waits for it, if it comes from elsewhere. */
    private void make() {
        close();
        if (settings.saved().exists()) {
            machine = settings.saved().goOn(machines, migrations, settings.definition(), settings.changed());
            LOG.info("machine {} goes on from {}", name, settings.saved().file());
            watch();
            // The configuration may have been changed while it was waiting.
            apply(settings);
        } else if (settings.saved().unconfirmed().exists()) {
            throw new MachineException(MachineException.Kind.FAILED,
                List.of(settings.saved().unconfirmed().reason(settings.departed().target())));
        } else if (settings.receive().isPresent()) {
            pending = new PendingGuest(machines, migrations, settings.definition(), settings.receive().get(),
                settings.limits(), this::arrived);
            LOG.info("machine {}: {}", name, pending.waiting());
        } else if (settings.departed().exists()) {
            throw new MachineException(MachineException.Kind.FAILED, List.of(settings.departed().reason()));
        } else {
            machine = started();
            LOG.info("machine {} ({}) is {}", name, machine.abi().machineType(), machine.phase());
            watch();
        }
    }

    private synchronized void arrived() {
        if (pending != null && pending.over()) {
            attempt(this::waitNoLonger);
        }
    }

    /** Has the guest, if it has come, and does not wait for it any more. */
    private void waitNoLonger() {
        if (pending != null) {
            Optional<Machine> come = pending.end();
            pending = null;
            if (come.isPresent()) {
                machine = come.get();
                LOG.info("machine {} has arrived", name);
                watch();
            }
        }
    }

    /** Looks after a machine that has just been made. */
    private void watch() {
        keep();
        Machine watched = machine;
        var given = new AtomicBoolean();
        migrations.onDeparture(watched, new DepartureListener() {
            @Override
            public void leaving(Endpoint target) {
                settings.departed().write(target);
                given.set(true);
            }

            @Override
            public void stays() {
                given.set(false);
                settings.departed().forget();
            }
        });
        watched.onPhase(phase -> {
            if (phase == Phase.RUNNING && given.compareAndSet(true, false)) {
                // Nobody had confirmed that it runs there, and an operator knows that it does not.
                settings.departed().forget();
            } else if (phase == Phase.CLOSED && given.get()) {
                // It must not write where a command's thread writes, which may be a console that is closed by then.
                Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).name("sterna-left-" + name).start(() -> left(watched));
            }
        });
        settings.departed().forget();
        settings.saved().forget(watched);
    }

    private synchronized void left(Machine gone) {
        if (!closed && machine == gone) {
            LOG.info("machine {} has left", name);
            attempt(this::make);
        }
    }

    private Machine started() {
        Machine made = machines.create(settings.definition());
        boolean done = false;
        try {
            made.attach();
            settings.saved().requireUnsavedDisks(made);
            if (settings.autostart()) {
                made.boot();
            }
            done = true;
            return made;
        } finally {
            if (!done) {
                made.close();
            }
        }
    }

    /** Keeps the devices at their newest versions, or leaves them alone. */
    private void keep() {
        quietly(upkeep);
        upkeep = settings.current() ? migrations.keepCurrent(machine, swap -> { }) : null;
    }

    /** Changes what can be changed under the guest, or nothing at all. */
    private void apply(Settings changed) {
        ConfigurationDiff diff = ConfigurationDiff.between(machines, machine, changed.definition(),
            changed.receive().isEmpty());
        if (!diff.refused().isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, diff.refused());
        }
        set(changed);
        keep();
        var failed = new ArrayList<Reason>();
        diff.devices().forEach(device -> failed.addAll(replace(device)));
        if (!failed.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, failed);
        }
    }

    /** A device gets other host properties by being replaced by its own kind: if that fails, the one that was there goes on. */
    private List<Reason> replace(ConfigurationDiff.OfDevice device) {
        var obstacles = machines.hostObstacles(machine.abi(), Map.of(device.path(), device.host())).stream()
            .filter(reason -> reason.subject().equals(device.path())).toList();
        if (!obstacles.isEmpty()) {
            return obstacles;
        }
        Swap swap = migrations.swap(machine, device.path(), device.version(), SwapOptions.DEFAULT.withHost(device.host()));
        if (swap.done()) {
            LOG.info("machine {}: {} is {} with {} now", name, device.path(), device.version(), device.host());
        }
        return swap.reasons();
    }

    private void frameworkEvent(BundleEvent event) {
        if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == Constants.SYSTEM_BUNDLE_ID) {
            stopped();
        }
    }

    private synchronized void stopped() {
        closed = true;
        waitNoLonger();
        if (save()) {
            // Nobody can have it go on from now on, which its file would not know of.
            close();
        }
    }

    /** Writes the guest into its file, if that is wanted or nobody knows where it runs; whether it is there. */
    private boolean save() {
        if (!isAlive() || !settings.save() && !UnconfirmedGuest.isHandedOver(machine)) {
            return false;
        }
        // Whoever stops the framework can see it, and wait until it is done.
        ServiceRegistration<Object> saving =
            context.registerService(Object.class, this, FrameworkUtil.asDictionary(Map.of(SAVING, name)));
        try {
            return saved();
        } finally {
            saving.unregister();
        }
    }

    private boolean saved() {
        if (isAlive() && (settings.save() || UnconfirmedGuest.isHandedOver(machine))) {
            new FinalSnapshot(migrations, machine).awaitOther();
        }
        if (!isAlive()) {
            return false;
        }
        SavedGuest file = settings.saved();
        try {
            if (UnconfirmedGuest.isHandedOver(machine)) {
                file.unconfirmed().write(migrations, machine);
                LOG.warn("machine {}: {}", name, file.unconfirmed().reason(settings.departed().target()));
                return true;
            }
            if (settings.save()) {
                file.write(migrations, machine);
                LOG.info("machine {} waits in {}", name, file.file());
                return true;
            }
            return false;
        } catch (MachineException e) {
            if (isAlive()) {
                LOG.error("machine {} is lost, since it cannot be saved: {}", name,
                    e.reasons().stream().map(Reason::toString).collect(Collectors.joining("; ")));
            }
            return false;
        }
    }

    @Deactivate
    void end(int reason) {
        context.removeBundleListener(stopping);
        context.removeServiceListener(closing);
        quietly(installing);
        retry.close();
        synchronized (this) {
            closed = true;
            waitNoLonger();
            // Whoever deletes the configuration of a guest that may run elsewhere has not decided yet whether this is the only copy.
            if (reason != ComponentConstants.DEACTIVATION_REASON_CONFIGURATION_DELETED
                    || machine != null && UnconfirmedGuest.isHandedOver(machine)) {
                save();
            }
            close();
        }
    }

    private void close() {
        quietly(upkeep);
        upkeep = null;
        if (machine != null) {
            machine.close();
            machine = null;
        }
    }

    /** Of the things that are closed here none can fail. */
    private static void quietly(AutoCloseable resource) {
        try {
            if (resource != null) {
                resource.close();
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized Optional<Machine> machine() {
        return Optional.ofNullable(machine);
    }

    @Override
    public List<Reason> reasons() {
        return reasons;
    }
}
