package org.sterna.launcher.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.util.tracker.ServiceTracker;

/** The framework of this process, with its bundles. */
final class Host implements AutoCloseable {
    /** What the class path shares with all bundles: one logging for all, those included that were built against its version 1. */
    private static final String SHARED = Stream.of("org.slf4j", "org.slf4j.event", "org.slf4j.helpers", "org.slf4j.spi")
        .map(name -> name + ";version=2.0.20," + name + ";version=1.7.36").collect(Collectors.joining(","));
    private static final String BUNDLES = ".*\\.jar";
    private static final String CONFIGURATIONS = "org\\.sterna\\.(machine[-~].*|provisioning)\\.(config|cfg)";
    private static final long PATIENCE_MS = 10_000;
    /** How long a guest may take to be saved at the end. */
    private static final long SAVING_NS = TimeUnit.MINUTES.toNanos(10);
    /** Of a service that is there while something is saved that would be lost with the framework. */
    private static final String SAVING = "(org.sterna.saving=*)";

    private final Installation installation;
    private final BundleFolders folders;
    private final TemporaryFolder temporary;
    private final Path storage;
    private final Framework framework;
    private boolean closed;

    /**
     * A framework that does not run yet.
     *
     * @param temporary for its files; goes with it
     */
    Host(TemporaryFolder temporary, Installation installation, BundleFolders folders) throws IOException, BundleException {
        this.temporary = temporary;
        this.installation = installation;
        this.folders = folders;
        storage = Files.createDirectory(temporary.path().resolve("framework"));
        Map<String, Object> settings = new HashMap<>(Map.of(
            Constants.FRAMEWORK_STORAGE, storage.toString(),
            Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SHARED,
            // A folder of released bundles may hold again what the installation has.
            Constants.FRAMEWORK_BSNVERSION, Constants.FRAMEWORK_BSNVERSION_MULTIPLE,
            // A shell reads scripts that are in bundles.
            "felix.service.urlhandlers", Boolean.toString(folders.shell()),
            "felix.cache.locking", "false",
            "felix.log.logger", new FrameworkLog()));
        settings.putAll(Map.of(
            "felix.fileinstall.dir",
            folders.allWatched().stream().map(folder -> folder.toAbsolutePath().toString()).collect(Collectors.joining(",")),
            "felix.fileinstall.filter", folders.machines().isEmpty() ? BUNDLES : BUNDLES + "|" + CONFIGURATIONS,
            "felix.fileinstall.poll", "500",
            "felix.fileinstall.noInitialDelay", "true",
            // It would write files anew that it has just read, and a process that ends meanwhile would leave them empty.
            "felix.fileinstall.enableConfigSave", "false",
            "felix.fileinstall.configEncoding", "UTF-8",
            // What is put there must not restart what is here already, such as this command and what watches.
            "felix.fileinstall.optionalImportRefreshScope", "managed",
            "felix.fileinstall.tmpdir", storage.resolve("watched").toString(),
            "felix.fileinstall.log.default", "jul",
            "felix.fileinstall.log.level", "2"));
        framework = new FrameworkFactory().newFramework(settings);
        framework.init();
    }

    /**
     * Installs and starts all bundles, with the devices of other folders if there are any. Those of the command shell, and what
     * watches folders for it, are only installed: it starts them itself, when it knows what to do.
     */
    void install() throws BundleException, LaunchException {
        framework.start();
        List<Path> jars = new ArrayList<>(Installation.jars(installation.bundles()));
        for (Path folder : folders.devices().isEmpty() ? List.of(installation.devices()) : folders.devices()) {
            jars.addAll(Installation.jars(folder));
        }
        List<Path> watch = folders.allWatched().isEmpty() ? List.of() : Installation.jars(installation.watch());
        var left = new HashSet<Path>();
        if (folders.shell()) {
            jars.addAll(Installation.jars(installation.shell()));
            left.addAll(Installation.jars(installation.shell()));
            left.addAll(watch);
        }
        jars.addAll(watch);
        // Last in, first out: when the process is told to end, the command line closes its machines first.
        jars.add(installation.jar());
        Map<Path, Bundle> bundles = new LinkedHashMap<>();
        for (Path jar : jars) {
            bundles.put(jar, install(jar));
        }
        for (var entry : bundles.entrySet()) {
            if (!left.contains(entry.getKey())) {
                start(entry.getKey(), entry.getValue());
            }
        }
    }

    /** Where the framework keeps its files. */
    Path storage() {
        return storage;
    }

    private Bundle install(Path jar) throws LaunchException {
        try {
            Bundle bundle = framework.getBundleContext().installBundle("reference:" + jar.toUri());
            if (bundle.getSymbolicName() == null) {
                throw LaunchException.failed(jar + " is no OSGi bundle: its manifest has no Bundle-SymbolicName");
            }
            return bundle;
        } catch (BundleException e) {
            throw LaunchException.failed(jar + " cannot be installed: " + BundleFault.of(e));
        }
    }

    private static void start(Path jar, Bundle bundle) throws LaunchException {
        if ((bundle.adapt(BundleRevision.class).getTypes() & BundleRevision.TYPE_FRAGMENT) != 0) {
            return;
        }
        try {
            bundle.start(Bundle.START_ACTIVATION_POLICY);
        } catch (BundleException e) {
            throw LaunchException.failed(jar + " cannot be used: " + BundleFault.of(e));
        }
    }

    /** Runs a command on this thread and returns its exit code. */
    int run(String[] args) throws Exception {
        BundleContext context = framework.getBundleContext();
        Dictionary<String, Object> arguments = new Hashtable<>();
        arguments.put("launcher.arguments", args);
        arguments.put("launcher.home", installation.jar().getParent().toString());
        arguments.put("launcher.shell", folders.shell());
        context.registerService(Object.class, this, arguments);
        var tracker = new ServiceTracker<Callable<?>, Callable<?>>(context, FrameworkUtil.createFilter(
            "(&(objectClass=" + Callable.class.getName() + ")(main.thread=true))"), null);
        tracker.open();
        if (tracker.waitForService(PATIENCE_MS) == null) {
            throw LaunchException.failed("the command line did not come up: a service that it needs is missing");
        }
        Callable<?> command = context.getService(tracker.getServiceReference());
        // One that comes later, when the bundle of the command line is restarted, has nothing to run.
        tracker.close();
        return (Integer) command.call();
    }

    /** Waits a bounded time; longer as long as a guest is being saved, and then once more for the rest. */
    private void awaitStop() throws InterruptedException {
        long end = System.nanoTime() + SAVING_NS;
        boolean before = false;
        while (framework.waitForStop(PATIENCE_MS).getType() == FrameworkEvent.WAIT_TIMEDOUT
                && System.nanoTime() < end) {
            boolean now = isSaving();
            if (!now && !before) {
                return;
            }
            before = now;
        }
    }

    private boolean isSaving() {
        BundleContext context = framework.getBundleContext();
        try {
            return context != null && context.getServiceReferences((String) null, SAVING) != null;
        } catch (InvalidSyntaxException | IllegalStateException e) {
            // It has stopped meanwhile.
            return false;
        }
    }

    /** Stops the framework and deletes its files. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            framework.stop();
            awaitStop();
        } catch (BundleException | InterruptedException e) {
            System.err.println("sterna: the framework did not stop: " + e.getMessage());
        }
        try {
            temporary.close();
        } catch (IOException e) {
            System.err.println("sterna: cannot delete " + temporary.path() + ": " + e.getMessage());
        }
    }
}
