package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.Setting;

/** What stands against a configuration, with a remedy for each. */
final class Obstacles {
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

    /** Why a model cannot offer a guest ABI. */
    static List<Reason> of(String path, Model model, String version, PartAbi part, String olderType) {
        var reasons = new ArrayList<Reason>();
        if (model.abi().major() != part.abi().major()) {
            reasons.add(Reason.of(path, "the guest has " + part.type() + " ABI " + part.abi() + ", " + part.type() + " "
                + version + " offers ABI " + model.abi(), "install a " + part.type() + " of ABI " + part.abi() + " there"));
            return reasons;
        }
        part.settings().forEach((name, setting) -> {
            Property<?> property = model.property(name).filter(p -> p.scope() == Property.Scope.GUEST).orElse(null);
            if (property == null) {
                reasons.add(new Reason(path, name, "the guest has " + name + "=" + text(setting.value()) + ", which "
                    + part.type() + " " + version + " (ABI " + model.abi() + ") does not know",
                    "install a " + part.type() + " of ABI " + part.abi() + " there; a new machine can go there with "
                    + (setting.value() instanceof Boolean ? "--device " + part.type() + "," + name + "=off" : "")
                    + (olderType.isEmpty() ? "" : (setting.value() instanceof Boolean ? " or " : "") + "--machine " + olderType)));
            } else {
                try {
                    property.type().check(setting.value());
                    property.condition().filter(condition -> !condition.holds(other -> value(part, other))).ifPresent(
                        condition -> reasons.add(new Reason(path, name, "the guest ABI contradicts itself: " + name
                            + " means something only with " + condition, "the document was not made by Sterna")));
                } catch (IllegalArgumentException e) {
                    reasons.add(new Reason(path, name, "the guest has a value that " + part.type() + " " + version
                        + " cannot offer: " + e.getMessage(), "install another version of " + part.type() + " there"));
                }
            }
        });
        for (Property<?> property : model.properties()) {
            if (property.scope() == Property.Scope.GUEST && property.before() == null
                    && property.defaultUnder(part.abi()) != null && !part.settings().containsKey(property.name())) {
                reasons.add(new Reason(path, property.name(), "the guest ABI does not say it",
                    "the document was not made by Sterna, or is incomplete"));
            }
        }
        return reasons;
    }

    private static String text(Object value) {
        return value instanceof Boolean flag ? flag ? "on" : "off" : value.toString();
    }

    /** The value that a guest ABI gives a property. */
    private static Object value(PartAbi part, Property<?> property) {
        Setting setting = part.settings().get(property.name());
        return setting == null ? property.before() : setting.value();
    }
}
