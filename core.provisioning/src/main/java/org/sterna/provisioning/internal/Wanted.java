package org.sterna.provisioning.internal;

import aQute.bnd.osgi.resource.CapReqBuilder;
import java.util.Collection;
import java.util.List;
import org.osgi.resource.Capability;
import org.osgi.resource.Namespace;
import org.osgi.resource.Requirement;

/** What some bundle has to offer for a machine. */
sealed interface Wanted permits WantedModel, WantedMachineType, WantedTranslator {
    /** The attribute of a requirement that says which version of a bundle is wanted: capabilities do not tell it. */
    String BUNDLE = "bundle";

    /** The namespace of the capability. */
    String namespace();

    /** The part that needs it, for messages. */
    String path();

    /** Its type. */
    String type();

    /** The only version of the bundle that will do, or the empty string. */
    String bundle();

    /** The terms of the filter beside the type. */
    String terms();

    /** In plain words. */
    String words();

    /** In plain words, why a capability of the type does not do; the empty string if it does. */
    String shortcoming(Capability capability);

    /** As a resolver takes it. */
    default Requirement requirement() {
        return new CapReqBuilder(namespace())
            .addDirective(Namespace.REQUIREMENT_FILTER_DIRECTIVE, "(&" + term(namespace(), type()) + terms() + ")")
            .addAttribute(BUNDLE, bundle()).buildSyntheticRequirement();
    }

    /** Whether a capability is one of the same type, whatever else it offers. */
    default boolean isOfType(Capability capability) {
        return capability.getNamespace().equals(namespace()) && type().equals(capability.getAttributes().get(namespace()));
    }

    /** Names come from a peer or a file. */
    static String term(String name, String value) {
        return "(" + name + "=" + value.replaceAll("[\\\\*()]", "\\\\$0") + ")";
    }

    /** The features that a capability names. */
    static Collection<String> features(Capability capability) {
        return capability.getAttributes().get(WantedModel.FEATURES) instanceof Collection<?> names
            ? names.stream().map(Object::toString).toList() : List.of();
    }
}
