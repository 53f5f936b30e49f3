package org.sterna.provisioning.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.resource.Capability;
import org.osgi.resource.Namespace;
import org.osgi.resource.Requirement;
import org.osgi.resource.Resource;

/**
 * Why something that is wanted cannot be had, in plain words: from what is wanted, over what would offer it, to what nobody
 * offers.
 */
final class Chain {
    private static final Pattern RANGE = Pattern.compile("\\(version>=([^)]*)\\)(?:\\(!\\(version>=([^)]*)\\)\\))?");
    /** How many of several versions with the same flaw are named. */
    private static final int MOST = 4;

    private final Catalog catalog;
    private final Selection selection;
    private final Map<Resource, Optional<String>> known = new HashMap<>();

    /** Chains over a catalog. */
    Chain(Catalog catalog, Selection selection) {
        this.catalog = catalog;
        this.selection = selection;
    }

    /** Why nothing can be had that offers what a part needs; nothing if something can. */
    Optional<String> broken(Wanted wanted) {
        var providers = catalog.providers(wanted.requirement());
        if (providers.isEmpty()) {
            return Optional.of(nearest(wanted));
        }
        return ofAny(providers).map(why -> wanted.words() + " for " + wanted.path() + "; " + why);
    }

    /** What is offered of the type, and why it does not do. */
    private String nearest(Wanted wanted) {
        var flaws = catalog.offered(wanted.namespace()).filter(wanted::isOfType)
            .map(offered -> wanted.type() + " " + Catalog.version(offered.getResource()) + " "
                + wanted.shortcoming(offered)).distinct().toList();
        String what = wanted.words() + " for " + wanted.path() + "; ";
        if (flaws.isEmpty()) {
            Set<String> types = catalog.types(wanted.namespace());
            return what + "nothing in the repository offers " + wanted.type()
                + (types.isEmpty() ? "" : ", only " + String.join(", ", types));
        }
        return what + shortened(flaws);
    }

    private static String shortened(List<String> items) {
        return String.join("; ", items.subList(0, Math.min(MOST, items.size())))
            + (items.size() > MOST ? "; and so on for " + (items.size() - MOST) + " more" : "");
    }

    /** Why none of several bundles can be used; nothing if one can. */
    private Optional<String> ofAny(List<Capability> providers) {
        var flaws = new ArrayList<String>();
        for (Resource resource : new HashSet<>(providers.stream().map(Capability::getResource).toList())) {
            Optional<String> flaw = of(resource);
            if (flaw.isEmpty()) {
                return flaw;
            }
            flaws.add(Catalog.describe(resource) + " would do, but needs " + flaw.get());
        }
        flaws.sort(null);
        return Optional.of(shortened(flaws));
    }

    /** What a bundle needs and nobody offers. */
    private Optional<String> of(Resource resource) {
        if (selection.isThere(resource)) {
            return Optional.empty();
        }
        Optional<String> found = known.get(resource);
        if (found == null) {
            // Bundles may need one another; that alone is no flaw.
            known.put(resource, Optional.empty());
            found = selection.needs(resource).flatMap(requirement -> of(requirement).stream()).findFirst();
            known.put(resource, found);
        }
        return found;
    }

    private Optional<String> of(Requirement requirement) {
        var providers = selection.findProviders(requirement);
        return providers.isEmpty() ? Optional.of(words(requirement) + ", which nothing offers")
            : ofAny(providers).map(why -> words(requirement) + "; " + why);
    }

    private static String words(Requirement requirement) {
        String filter = requirement.getDirectives().getOrDefault(Namespace.REQUIREMENT_FILTER_DIRECTIVE, "");
        Matcher name = Pattern.compile("\\(" + Pattern.quote(requirement.getNamespace()) + "=([^)]*)\\)").matcher(filter);
        if (!name.find()) {
            return requirement.getNamespace() + " " + filter;
        }
        String kind = requirement.getNamespace().equals(PackageNamespace.PACKAGE_NAMESPACE) ? "the package"
            : requirement.getNamespace();
        Matcher range = RANGE.matcher(filter);
        return kind + " " + name.group(1) + (!range.find() ? ""
            : range.group(2) == null ? " from " + range.group(1) : " from " + range.group(1) + " to below " + range.group(2));
    }
}
