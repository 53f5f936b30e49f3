package org.sterna.provisioning.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Version;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.resource.Resource;
import org.osgi.resource.Wiring;
import org.osgi.service.resolver.ResolutionException;
import org.osgi.service.resolver.Resolver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.migration.Provisioner;
import org.sterna.migration.Verdict.Provision;
import org.sterna.provisioning.internal.download.BoundedCall;
import org.sterna.provisioning.internal.download.Deadline;
import org.sterna.provisioning.internal.download.Download;
import org.sterna.provisioning.internal.signature.Trust;

/** Brings bundles from repositories into this framework, if their signers are trusted. */
final class RepositoryProvisioner implements Provisioner {
    private static final Logger LOG = LoggerFactory.getLogger(RepositoryProvisioner.class);
    /** With the time for an installation this is less than the 60 s that a source waits for an answer. */
    private static final Duration SEARCH = Duration.ofSeconds(30);
    private static final long PATIENCE_MS = 10_000;
    /** How often to look for what nobody announces, such as translators. */
    private static final long POLL_MS = 50;
    /** Much of a reason's text comes from a repository, and all of it has to fit into an answer. */
    private static final int MAX_SUBJECT = 500;
    private static final int MAX_TEXT = 4_000;

    private final BundleContext context;
    private final Machines machines;
    private final Resolver resolver;
    private final Sources sources;
    private final Trust trust;
    private final Duration patience;
    /** One search at a time, since what one installs the next has no need to look for. */
    private final ReentrantLock searching = new ReentrantLock();

    RepositoryProvisioner(BundleContext context, Machines machines, Resolver resolver, Sources sources, Trust trust) {
        this(context, machines, resolver, sources, trust, SEARCH);
    }

    /** One with another limit for the search of bundles, all of it together. */
    RepositoryProvisioner(BundleContext context, Machines machines, Resolver resolver, Sources sources, Trust trust,
            Duration patience) {
        this.context = context;
        this.machines = machines;
        this.resolver = resolver;
        this.sources = sources;
        this.trust = trust;
        this.patience = patience;
    }

    /** What was found for some needs; the bundles that are sound have no reason against them. */
    private record Search(FetchedBundles folder, List<Wanted> wanted, List<Fetched> sound, List<Reason> reasons)
            implements AutoCloseable {
        @Override
        public void close() {
            folder.close();
        }
    }

    @Override
    public Outcome provide(List<Need> needs, boolean install) {
        Deadline deadline = Deadline.in(patience);
        try {
            if (!searching.tryLock(deadline.left(), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
        } catch (TimeoutException e) {
            return refused(List.of(Reason.of("",
                "the destination has been looking for bundles for other guests for more than "
                + deadline, "try again")));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return refused(List.of(Reason.of("", "the destination's search for bundles was interrupted", "try again")));
        }
        try (Search search = BoundedCall.run(deadline, sources.toString(), call -> search(needs, call, deadline),
                Search::close)) {
            boolean installed = install && search.reasons().isEmpty();
            if (installed) {
                install(search.sound(), search.wanted());
            }
            var provisions = search.sound().stream()
                .flatMap(it -> provisions(it.resource(), search.wanted(), installed).stream()).toList();
            return new Outcome(provisions, shortened(search.reasons()));
        } catch (MachineException e) {
            return refused(e.reasons());
        } finally {
            searching.unlock();
        }
    }

    private static Outcome refused(List<Reason> reasons) {
        return new Outcome(List.of(), shortened(reasons));
    }

    private static List<Reason> shortened(List<Reason> reasons) {
        return reasons.stream().map(reason -> new Reason(shortened(reason.subject(), MAX_SUBJECT),
            shortened(reason.item(), MAX_SUBJECT), shortened(reason.cause(), MAX_TEXT),
            shortened(reason.remedy(), MAX_TEXT))).toList();
    }

    private static String shortened(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
        return text.substring(0, end) + "...";
    }

    /** All that may take long or hang, without anything that changes this host. */
    private Search search(List<Need> needs, BoundedCall call, Deadline deadline) {
        try (var download = new Download(deadline)) {
            Catalog catalog = sources.catalog(download).without(this::isActive);
            var reasons = new ArrayList<Reason>();
            List<Wanted> wanted = wanted(catalog, needs, reasons);
            List<Resource> chosen = select(catalog, wanted, call);
            var folder = new FetchedBundles();
            try {
                return new Search(folder, wanted, fetch(catalog, chosen, wanted, reasons, folder, download), reasons);
            } catch (Throwable e) {
                folder.close();
                throw e;
            }
        }
    }

    private boolean isActive(Resource resource) {
        return Arrays.stream(context.getBundles())
            .anyMatch(bundle -> (bundle.getState() & (Bundle.STARTING | Bundle.ACTIVE)) != 0
            && Catalog.name(resource).equals(bundle.getSymbolicName()) && Catalog.version(resource)
                .equals(bundle.getVersion()));
    }

    /** Something for each need, if there is any, else a reason. */
    private List<Wanted> wanted(Catalog catalog, List<Need> needs, List<Reason> reasons) {
        var chain = new Chain(catalog, new Selection(catalog, there(), List.of()));
        var chosen = new ArrayList<Wanted>();
        for (Need need : needs) {
            var broken = new ArrayList<String>();
            for (Wanted wanted : alternatives(catalog, need)) {
                Optional<String> why = chain.broken(wanted);
                if (why.isEmpty()) {
                    chosen.add(wanted);
                    broken.clear();
                    break;
                }
                broken.add(why.get());
            }
            broken.forEach(why -> reasons.add(Reason.of(need.path(),
                "the destination's repository does not have what it needs: " + why,
                "put that into " + sources)));
        }
        return chosen;
    }

    private List<Wanted> alternatives(Catalog catalog, Need need) {
        var alternatives = new ArrayList<Wanted>();
        if (need.reader() < need.least()) {
            var features = new KnownFeatures(catalog, machines).among(need.on(), need.kind(), need.type());
            features.addAll(need.acknowledged());
            alternatives.add(new WantedModel(need.kind(), need.path(), need.type(), need.abi(), features, need.least(),
                need.bundle()));
        }
        if (need.reader() > 0 && need.reader() != need.state()) {
            alternatives.add(new WantedTranslator(need.path(), need.type(), Math.min(need.reader(), need.state()),
                Math.max(need.reader(), need.state())));
        }
        return alternatives;
    }

    /** The bundles of this framework, with what they offer others. */
    private Map<Resource, Wiring> there() {
        var there = new HashMap<Resource, Wiring>();
        for (Bundle bundle : context.getBundles()) {
            BundleWiring wiring = bundle.adapt(BundleWiring.class);
            if (wiring != null) {
                there.put(wiring.getRevision(), wiring);
            }
        }
        return there;
    }

    private List<Resource> select(Catalog catalog, List<Wanted> wanted, BoundedCall call) {
        try {
            return new Selection(catalog, there(), wanted).resolve(resolver, call);
        } catch (ResolutionException e) {
            throw MachineException.failed(sources.toString(), "", "the bundles that are needed do not go together: "
                + Reason.causeOf(e), "");
        }
    }

    /** Those that are what they should be; a reason for each other. */
    private List<Fetched> fetch(Catalog catalog, List<Resource> chosen, List<Wanted> wanted, List<Reason> reasons,
            FetchedBundles folder, Download download) {
        var sound = new ArrayList<Fetched>();
        for (Resource resource : chosen) {
            try {
                Fetched fetched = folder.fetch(catalog, resource, download);
                Optional<String> objection = fetched.objection(trust);
                objection.ifPresent(why ->
                    reasons.add(Reason.of(subject(resource, wanted), "the destination's repository has "
                    + Catalog.describe(resource) + ", which is refused: " + why,
                    "put one into the repository that is signed by somebody whom the destination trusts (--trust)")));
                if (objection.isEmpty()) {
                    sound.add(fetched);
                }
            } catch (MachineException e) {
                reasons.addAll(e.reasons());
            }
        }
        return sound;
    }

    private static String subject(Resource resource, List<Wanted> wanted) {
        return paths(resource, wanted).stream().findFirst().orElse(Catalog.name(resource));
    }

    /** The parts for which a bundle is wanted. */
    private static List<String> paths(Resource resource, List<Wanted> wanted) {
        return wanted.stream().filter(part -> resource.getCapabilities(part.namespace()).stream()
            .anyMatch(offered -> part.isOfType(offered) && part.shortcoming(offered).isEmpty())).map(Wanted::path)
                .toList();
    }

    private static List<Provision> provisions(Resource resource, List<Wanted> wanted, boolean installed) {
        var paths = paths(resource, wanted);
        return (paths.isEmpty() ? List.of("") : paths).stream()
            .map(path -> new Provision(path, Catalog.name(resource), Catalog.version(resource).toString(), installed))
                .toList();
    }

    /** All of them, or none. */
    private void install(List<Fetched> sound, List<Wanted> wanted) {
        var started = new ArrayList<Bundle>();
        var came = new Semaphore(0);
        boolean done = false;
        try (var listening = machines.onInstalled(came::release)) {
            for (Fetched fetched : sound) {
                // The same place may hold another version some day.
                String location = Catalog.location(fetched.resource()) + "#" + fetched.digest();
                try (InputStream jar = Files.newInputStream(fetched.jar())) {
                    started.add(context.installBundle(location, jar));
                }
            }
            for (Bundle bundle : started) {
                bundle.start(Bundle.START_ACTIVATION_POLICY);
            }
            for (Fetched fetched : sound) {
                if (!paths(fetched.resource(), wanted).isEmpty()) {
                    await(fetched.resource(), came);
                }
            }
            done = true;
            started.forEach(bundle -> LOG.info("installed {} {} from {}", bundle.getSymbolicName(), bundle.getVersion(),
                bundle.getLocation()));
        } catch (BundleException | IOException e) {
            throw MachineException.failed(started.isEmpty() ? "" : started.getLast().getSymbolicName(), "",
                "it cannot be installed at the destination: " + Reason.causeOf(e), "");
        } catch (MachineException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw MachineException.failed(started.getLast().getSymbolicName(), "", "its installation was interrupted",
                "");
        } catch (Exception e) {
            throw new IllegalStateException("a listener cannot be closed", e);
        } finally {
            if (!done) {
                started.forEach(RepositoryProvisioner::uninstall);
            }
        }
    }

    /** A bundle that has started offers its services at once or very soon. */
    private void await(Resource resource, Semaphore came) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (!isOffered(Catalog.name(resource), Catalog.version(resource))) {
            if (System.nanoTime() - end > 0) {
                throw MachineException.failed(Catalog.describe(resource), "",
                    "it was started at the destination, and does not offer what its manifest says",
                    "look at the destination's log");
            }
            came.tryAcquire(POLL_MS, TimeUnit.MILLISECONDS);
        }
    }

    private boolean isOffered(String name, Version version) {
        return machines.models().stream()
            .anyMatch(model -> model.bundle().equals(name) && model.version().equals(version))
            || machines.translators().stream().anyMatch(it -> it.bundle().equals(name) && it.version().equals(version));
    }

    private static void uninstall(Bundle bundle) {
        try {
            bundle.uninstall();
        } catch (BundleException e) {
            LOG.error("{} {} cannot be uninstalled", bundle.getSymbolicName(), bundle.getVersion(), e);
        }
    }
}
