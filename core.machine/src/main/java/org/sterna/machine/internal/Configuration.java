package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;

/**
 * The resolved properties of one part of a machine. Guest properties are fixed, but for those that the user left open
 * and that a device {@linkplain #lock locks} when it is attached for the first time.
 */
final class Configuration {
    private final Model model;
    private final AbiVersion abi;
    private final Map<Property<?>, Setting> guest = new LinkedHashMap<>();
    private final Map<String, Object> host = new TreeMap<>();

    private Configuration(Model model, AbiVersion abi) {
        this.model = model;
        this.abi = abi;
    }

    /** Resolves what a user gave, adding what is wrong with it to a list. */
    static Configuration ofUser(String path, Model model, AbiVersion abi, Map<String, String> given, List<Reason> wrong) {
        var configuration = new Configuration(model, abi);
        var left = new HashMap<>(given);
        left.remove(Machines.BUNDLE);
        for (Property<?> property : model.properties()) {
            String text = left.remove(property.name());
            try {
                configuration.put(property, text == null ? null : property.type().parse(text));
            } catch (IllegalArgumentException e) {
                wrong.add(new Reason(path, property.name(), e.getMessage(), ""));
            }
        }
        for (String name : left.keySet()) {
            wrong.add(new Reason(path, name, "no such property of " + model.type(),
                Nearest.remedy(name, model.properties().stream().map(Property::name).toList())));
        }
        return configuration;
    }

    private void put(Property<?> property, Object given) {
        Object value = given == null ? property.defaultUnder(abi) : given;
        if (value == null) {
            return;
        }
        if (property.scope() == Property.Scope.HOST) {
            host.put(property.name(), value);
        } else {
            guest.put(property, new Setting(value, given == null ? Provenance.MACHINE_TYPE : Provenance.USER));
        }
    }

    /** Takes over a guest ABI that {@link #obstacles} has nothing against, with host properties of this host. */
    static Configuration ofAbi(Model model, PartAbi part, Map<String, Object> host) {
        var configuration = new Configuration(model, part.abi());
        for (Property<?> property : model.properties()) {
            if (property.scope() == Property.Scope.GUEST) {
                Setting setting = part.settings().get(property.name());
                if (setting != null) {
                    configuration.guest.put(property, setting);
                } else if (property.before() != null) {
                    configuration.guest.put(property, new Setting(property.before(), Provenance.MACHINE_TYPE));
                }
            } else {
                Object value = host.get(property.name());
                configuration.put(property, value == null ? null : property.type().check(value));
            }
        }
        return configuration;
    }

    /** Why a model cannot offer a guest ABI. */
    static List<Reason> obstacles(String path, Model model, String version, PartAbi part, String olderType) {
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

    Model model() {
        return model;
    }

    AbiVersion abi() {
        return abi;
    }

    @SuppressWarnings("unchecked")
    synchronized <T> T get(Property<T> property) {
        if (property.scope() == Property.Scope.HOST) {
            return (T) host.get(property.name());
        }
        Setting setting = guest.get(property);
        return setting == null ? null : (T) setting.value();
    }

    synchronized <T> void lock(Property<T> property, T value) {
        property.type().check(value);
        if (guest.putIfAbsent(property, new Setting(value, Provenance.HOST)) != null) {
            throw new IllegalStateException(property.name() + " has been given");
        }
    }

    synchronized PartAbi abiOfPart(int slot) {
        return PartAbi.of(model, abi, slot, guest);
    }

    Map<String, Object> host() {
        return Collections.unmodifiableMap(host);
    }
}
