package org.sterna.launcher.internal.command;

import java.util.Optional;
import org.sterna.launcher.internal.Services;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;

/**
 * A guest property for people, as far as an installed bundle knows it.
 *
 * @param property the property, or nothing if no installed bundle knows it
 */
record PropertyText(Optional<Property<?>> property) {
    /** The property of a type, from the newest bundle that has it. */
    PropertyText(Services services, String type, String name) {
        this(services.machines().models().stream().filter(installed -> installed.model().type().equals(type))
            .flatMap(installed -> installed.model().property(name).stream()).findFirst());
    }

    /** A value as a command line takes it; null stands for the property's absence. */
    String of(Object value) {
        if (value == null) {
            return property.filter(p -> p.before() != null).map(p -> p.text(p.before())).orElse("-");
        }
        try {
            return property.isPresent() ? property.get().text(value) : new Setting(value, Provenance.USER).text();
        } catch (IllegalArgumentException e) {
            // A value of another version of the type.
            return new Setting(value, Provenance.USER).text();
        }
    }

    /** What it means, or the empty string. */
    String meaning() {
        return property.map(Property::meaning).orElse("");
    }

    /** The feature bit, or the empty string. */
    String bit() {
        return property.filter(Property::isFeature).map(p -> Integer.toString(p.bit().getAsInt())).orElse("");
    }
}
