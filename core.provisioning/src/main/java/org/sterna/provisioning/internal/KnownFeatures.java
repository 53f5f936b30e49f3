package org.sterna.provisioning.internal;

import java.util.Set;
import java.util.SortedSet;
import org.sterna.machine.InstalledModel.Kind;
import org.sterna.machine.Machines;
import org.sterna.machine.abi.Property;

/**
 * What is known to be a feature: a definition and a guest ABI only say which properties are switched on.
 *
 * @param catalog  what repositories say
 * @param machines what is installed
 */
record KnownFeatures(Catalog catalog, Machines machines) {
    /** Of some names, those that any bundle of a type, installed or in a repository, calls features. */
    SortedSet<String> among(Set<String> names, Kind kind, String type) {
        var features = catalog.features(WantedModel.namespace(kind), type);
        machines.models().stream().filter(installed -> installed.kind() == kind && installed.model().type().equals(type))
            .forEach(installed -> installed.model().features().stream().map(Property::name).forEach(features::add));
        features.retainAll(names);
        return features;
    }
}
