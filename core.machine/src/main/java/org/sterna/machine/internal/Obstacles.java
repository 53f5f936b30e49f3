package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;

/** What stands against a configuration, with a remedy for each. */
final class Obstacles {
    private static final String NEW_MACHINE = "; a new machine can go there ";

    private Obstacles() {
    }

    /** Resolves what a user gave, adding what is wrong with it to a list. */
    static Configuration ofUser(String path, Model model, AbiVersion abi, Map<String, String> given, List<Reason> wrong) {
        var unknown = new HashMap<>(given);
        unknown.remove(Machines.BUNDLE);
        model.properties().forEach(property -> unknown.remove(property.name()));
        var names = model.properties().stream().map(Property::name).toList();
        unknown.keySet().forEach(name -> wrong.add(
            new Reason(path, name, "no such property of " + model.type(), Nearest.remedy(name, names))));
        return Configuration.ofUser(model, abi, given,
            (property, complaint) -> wrong.add(new Reason(path, property.name(), complaint, "")));
    }

    /** The host properties of a part whose values its model does not take, as they came from another host. */
    static List<Reason> ofHost(String path, Model model, Map<String, Object> host) {
        var reasons = new ArrayList<Reason>();
        for (Property<?> property : model.properties()) {
            Object value = host.get(property.name());
            if (property.scope() == Property.Scope.HOST && value != null) {
                try {
                    property.type().check(value);
                } catch (IllegalArgumentException e) {
                    reasons.add(new Reason(path, property.name(), e.getMessage(), "give another value"));
                }
            }
        }
        return reasons;
    }

    /**
     * Why a model cannot offer a guest ABI.
     *
     * @param older  the name of an older machine type that the model suffices for, or the empty string
     * @param option the command-line option that gives a property a value, given as text
     */
    static List<Reason> of(String path, Model model, String version, PartAbi part, String older,
            BinaryOperator<String> option) {
        if (model.abi().major() != part.abi().major()) {
            return List.of(Reason.of(path, "the guest has " + part.type() + " ABI " + part.abi() + ", " + part.type() + " "
                + version + " offers ABI " + model.abi(), install(part)));
        }
        var reasons = new ArrayList<Reason>();
        part.settings().forEach((name, setting) -> {
            Property<?> property = model.property(name).filter(p -> p.scope() == Property.Scope.GUEST).orElse(null);
            if (property == null) {
                // Somebody may have asked for what is newer than the ABI version of the machine type.
                String remedy = model.abi().offers(part.abi()) ? "install a newer " + part.type() + " there, which knows " + name
                    : install(part);
                reasons.add(new Reason(path, name, "the guest has " + name + "=" + setting.text() + ", which "
                    + part.type() + " " + version + " (ABI " + model.abi() + ") does not know",
                    remedy + withoutIt(name, setting, older, option)));
            } else {
                check(path, model, version, part, property, setting, older, option).ifPresent(reasons::add);
            }
        });
        // What a document leaves open would be read off this host, and nobody would see it.
        Configuration.ofPart(model, part, Map.of()).open().forEach(property -> reasons.add(new Reason(path, property.name(),
            "the guest ABI does not say it", "the document was not made by Sterna, or is incomplete")));
        return reasons;
    }

    /** Whether a model that knows a property can offer its value. */
    private static Optional<Reason> check(String path, Model model, String version, PartAbi part, Property<?> property,
            Setting setting, String older, BinaryOperator<String> option) {
        String name = property.name();
        try {
            property.type().check(setting.value());
        } catch (IllegalArgumentException e) {
            Object possible = property.before() == null ? property.defaultUnder(part.abi()) : property.before();
            var options = new ArrayList<String>();
            if (possible != null) {
                options.add(option.apply(name, property.text(possible)));
            }
            if (setting.provenance() == Provenance.MACHINE_TYPE && !older.isEmpty()) {
                options.add("--machine " + older);
            }
            return Optional.of(new Reason(path, name, "the guest has " + name + "=" + setting.text() + ", which "
                + part.type() + " " + version + " cannot offer: " + e.getMessage(),
                "install another version of " + part.type() + " there"
                + with(options)));
        }
        return property.condition().filter(condition -> !condition.holds(other -> value(part, other)))
            .map(condition -> new Reason(path, name, "the guest ABI contradicts itself: " + name
                + " means something only with " + condition, "the document was not made by Sterna"));
    }

    private static String install(PartAbi part) {
        return "install a " + part.type() + " of ABI " + part.abi() + " there";
    }

    /**
     * How a new machine can do without a property that this side does not know. What stands for the absence of a flag is
     * the other value; of any other type only the side that knows the property can name it.
     */
    private static String withoutIt(String name, Setting setting, String older, BinaryOperator<String> option) {
        var options = new ArrayList<String>();
        if (setting.value() instanceof Boolean flag) {
            options.add(option.apply(name, flag ? "off" : "on"));
        }
        // Under an older machine type, what the user has asked for would not be known at all.
        if (setting.provenance() != Provenance.USER && !older.isEmpty()) {
            options.add("--machine " + older);
        }
        return options.isEmpty() && setting.provenance() == Provenance.USER
            ? NEW_MACHINE + "without " + name + "=" + setting.text() : with(options);
    }

    private static String with(List<String> options) {
        return options.isEmpty() ? "" : NEW_MACHINE + "with " + String.join(" or ", options);
    }

    /** The value that a guest ABI gives a property. */
    private static Object value(PartAbi part, Property<?> property) {
        Setting setting = part.settings().get(property.name());
        return setting == null ? property.before() : setting.value();
    }
}
