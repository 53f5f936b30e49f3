package org.sterna.provisioning.internal;

import aQute.bnd.osgi.resource.CapReqBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.osgi.framework.Version;
import org.osgi.resource.Capability;
import org.osgi.resource.Namespace;
import org.osgi.resource.Requirement;
import org.osgi.resource.Resource;
import org.sterna.machine.abi.AbiVersion;

/**
 * What a part of a machine needs some bundle to offer.
 *
 * @param namespace of the capability
 * @param path      the part, for messages
 * @param type      its type
 * @param abi       the ABI version of the type that must be offered, or null if any will do
 * @param features  the features that must be offered
 * @param state     the state version that is needed at least, or 0
 * @param bundle    the only version of the bundle that will do, or the empty string
 */
record Wanted(String namespace, String path, String type, AbiVersion abi, SortedSet<String> features, int state, String bundle) {
    /** The attribute of a requirement that says which version of a bundle is wanted: the capability does not tell it. */
    static final String BUNDLE = "bundle";
    private static final String ABI = "abi";
    private static final String FEATURES = "features";
    private static final String STATE = "state";

    /** The names in a list of features that some bundle calls a feature; the others are properties of another kind. */
    static SortedSet<String> known(Collection<String> names, Collection<String> features) {
        var known = new TreeSet<>(names);
        known.retainAll(features);
        return known;
    }

    /** As a resolver takes it. */
    Requirement requirement() {
        var filter = new StringBuilder("(&").append(term(namespace, type));
        if (abi != null) {
            filter.append("(abi>=").append(abi).append(")(!(abi>=").append(abi.major() + 1).append("))");
        }
        features.forEach(feature -> filter.append(term(FEATURES, feature)));
        if (state > 0) {
            filter.append("(state>=").append(state).append(')');
        }
        return new CapReqBuilder(namespace).addDirective(Namespace.REQUIREMENT_FILTER_DIRECTIVE, filter.append(')').toString())
            .addAttribute(BUNDLE, bundle).buildSyntheticRequirement();
    }

    /** Names come from a peer or a file. */
    private static String term(String name, String value) {
        return "(" + name + "=" + value.replaceAll("[\\\\*()]", "\\\\$0") + ")";
    }

    /** In plain words. */
    String words() {
        var words = new StringBuilder(namespace.equals(Namespaces.MACHINE_TYPE) ? "machine type " : "").append(type);
        if (!bundle.isEmpty()) {
            words.append(' ').append(bundle);
        }
        if (abi != null) {
            words.append(" of ABI ").append(abi);
        }
        if (!features.isEmpty()) {
            words.append(" with ").append(String.join(" and ", features));
        }
        if (state > 1) {
            words.append(features.isEmpty() ? " with" : " and").append(" state version ").append(state);
        }
        return words.toString();
    }

    /** Whether a capability is one of the same type, whatever else it offers. */
    boolean isOfType(Capability capability) {
        return capability.getNamespace().equals(namespace) && type.equals(capability.getAttributes().get(namespace));
    }

    /** In plain words, why a capability of the type does not do; the empty string if it does. */
    String shortcoming(Capability capability, Resource resource) {
        var found = new ArrayList<String>();
        if (abi != null && capability.getAttributes().get(ABI) != null) {
            Version offered = Version.parseVersion(capability.getAttributes().get(ABI).toString());
            if (offered.getMajor() != abi.major() || offered.getMinor() < abi.minor()) {
                found.add("offers ABI " + offered.getMajor() + "." + offered.getMinor() + (offered.getMajor() > abi.major() ? "" : " only"));
            }
        }
        var lacking = new TreeSet<>(features);
        lacking.removeAll(features(capability));
        if (!lacking.isEmpty()) {
            found.add("has no " + String.join(" and no ", lacking));
        }
        if (capability.getAttributes().get(STATE) instanceof Number offered && offered.intValue() < state) {
            found.add("has state version " + offered + " only");
        }
        if (!bundle.isEmpty() && !bundle.equals(Catalog.version(resource).toString())) {
            found.add("is another version");
        }
        return String.join(" and ", found);
    }

    /** The features that a capability names. */
    static Collection<String> features(Capability capability) {
        return capability.getAttributes().get(FEATURES) instanceof Collection<?> names
            ? names.stream().map(Object::toString).toList() : List.of();
    }
}
