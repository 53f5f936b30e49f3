package org.sterna.provisioning.internal;

import aQute.bnd.osgi.resource.CapReqBuilder;
import aQute.bnd.osgi.resource.ResourceBuilder;
import aQute.bnd.osgi.resource.ResourceUtils;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.osgi.framework.namespace.IdentityNamespace;
import org.osgi.resource.Capability;
import org.osgi.resource.Namespace;
import org.osgi.resource.Requirement;
import org.osgi.resource.Resource;
import org.osgi.resource.Wiring;
import org.osgi.service.resolver.HostedCapability;
import org.osgi.service.resolver.ResolutionException;
import org.osgi.service.resolver.ResolveContext;
import org.osgi.service.resolver.Resolver;
import org.sterna.provisioning.internal.download.BoundedCall;

/** Bundles of a catalog that together offer what is wanted, on top of what is there already. */
final class Selection extends ResolveContext {
    private final Catalog catalog;
    private final Map<Resource, Wiring> there;
    private final Resource root;
    private final List<Runnable> callbacks = new ArrayList<>();

    /** A selection that has not been made; what is there may offer anything but what is wanted itself. */
    Selection(Catalog catalog, Map<Resource, Wiring> there, Collection<Wanted> wanted) {
        this.catalog = catalog;
        this.there = there;
        var builder = new ResourceBuilder();
        builder.addCapability(new CapReqBuilder(IdentityNamespace.IDENTITY_NAMESPACE)
            .addAttribute(IdentityNamespace.IDENTITY_NAMESPACE, "what is wanted"));
        wanted.forEach(part -> builder.addRequirement(part.requirement()));
        root = builder.build();
    }

    /**
     * The bundles, by name and version.
     *
     * @param call the bounded call in which this happens: the search gives up when its time is up
     * @throws ResolutionException if there are none that go together
     */
    List<Resource> resolve(Resolver resolver, BoundedCall call) throws ResolutionException {
        call.onCancel(this::cancel);
        return resolver.resolve(this).keySet().stream().filter(catalog.resources()::contains)
            .sorted(Comparator.comparing(Catalog::name).thenComparing(Catalog::version)).toList();
    }

    @Override
    public synchronized void onCancel(Runnable callback) {
        callbacks.add(callback);
    }

    private synchronized void cancel() {
        callbacks.forEach(Runnable::run);
    }

    @Override
    public Collection<Resource> getMandatoryResources() {
        return List.of(root);
    }

    @Override
    public List<Capability> findProviders(Requirement requirement) {
        var found = new ArrayList<Capability>();
        if (!root.equals(requirement.getResource())) {
            there.values().stream()
                .flatMap(wiring -> wiring.getResourceCapabilities(requirement.getNamespace()).stream())
                .filter(capability -> ResourceUtils.matches(requirement, capability)).forEach(found::add);
        }
        // What can be done without brings no further bundle.
        if (isMandatory(requirement)) {
            found.addAll(catalog.providers(requirement));
        }
        return found;
    }

    /** The requirements of a bundle that it cannot do without. */
    Stream<Requirement> needs(Resource resource) {
        return resource.getRequirements(null).stream().filter(this::isEffective).filter(Selection::isMandatory);
    }

    /** Whether a bundle is there already. */
    boolean isThere(Resource resource) {
        return there.containsKey(resource);
    }

    private static boolean isMandatory(Requirement requirement) {
        return !Namespace.RESOLUTION_OPTIONAL.equals(
            requirement.getDirectives().get(Namespace.REQUIREMENT_RESOLUTION_DIRECTIVE));
    }

    @Override
    public int insertHostedCapability(List<Capability> capabilities, HostedCapability hosted) {
        capabilities.add(hosted);
        return capabilities.size() - 1;
    }

    @Override
    public boolean isEffective(Requirement requirement) {
        String effective = requirement.getDirectives().getOrDefault(Namespace.REQUIREMENT_EFFECTIVE_DIRECTIVE,
            Namespace.EFFECTIVE_RESOLVE);
        // A bundle whose services need others' is of no use without them.
        return effective.equals(Namespace.EFFECTIVE_RESOLVE) || effective.equals(Namespace.EFFECTIVE_ACTIVE);
    }

    @Override
    public Map<Resource, Wiring> getWirings() {
        return there;
    }
}
