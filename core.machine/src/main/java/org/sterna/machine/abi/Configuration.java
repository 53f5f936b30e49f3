package org.sterna.machine.abi;

import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * The resolved properties of one part of a machine. Guest properties are fixed, but for those that the user left open
 * and that a device {@linkplain #lock locks} when it is attached for the first time. Any thread.
 */
public final class Configuration {
    private final Model model;
    private final AbiVersion abi;
    private final Map<Property<?>, Setting> guest = new LinkedHashMap<>();
    private final Map<String, Object> host = new TreeMap<>();

    private Configuration(Model model, AbiVersion abi) {
        this.model = model;
        this.abi = abi;
    }

    /**
     * Resolves what a user gave under an ABI version. A property that {@linkplain Property#when means something only
     * under a condition} has the value that stands for its absence where the condition does not hold.
     *
     * @param given      the text of each property, by name; a name that the model does not have is not looked at
     * @param complaints takes the name of a property and what is wrong with its text; the property stays open then
     */
    public static Configuration ofUser(Model model, AbiVersion abi, Map<String, String> given,
            BiConsumer<Property<?>, String> complaints) {
        var configuration = new Configuration(model, abi);
        for (Property<?> property : model.properties()) {
            try {
                String text = given.get(property.name());
                configuration.put(property, text == null ? null : property.type().parse(text));
            } catch (IllegalArgumentException e) {
                complaints.accept(property, e.getMessage());
            }
        }
        return configuration;
    }

    /**
     * Takes over the guest ABI of a part, as it came from another host.
     *
     * @param host the value of each host property that is given, by name
     * @throws IllegalArgumentException if the value of a host property does not fit
     */
    public static Configuration ofPart(Model model, PartAbi part, Map<String, Object> host) {
        var configuration = new Configuration(model, part.abi());
        for (Property<?> property : model.properties()) {
            if (property.scope() == Property.Scope.GUEST) {
                Setting setting = part.settings().get(property.name());
                if (setting != null) {
                    configuration.guest.put(property, setting);
                } else if (property.before() != null && !PartAbi.leavesOpen(property, part.abi(), configuration.guest)) {
                    configuration.guest.put(property, new Setting(property.before(), Provenance.MACHINE_TYPE));
                }
            } else {
                Object value = host.get(property.name());
                configuration.put(property, value == null ? null : property.type().check(value));
            }
        }
        return configuration;
    }

    private void put(Property<?> property, Object given) {
        if (property.scope() == Property.Scope.HOST) {
            Object value = given == null ? property.defaultUnder(abi) : given;
            if (value != null) {
                host.put(property.name(), value);
            }
            return;
        }
        boolean applies = property.condition().stream().allMatch(condition -> condition.holds(this::get));
        if (!applies && given != null && !given.equals(property.before())) {
            throw new IllegalArgumentException("it means something only with " + property.condition().orElseThrow());
        }
        Object value = !applies ? property.before() : given == null ? property.defaultUnder(abi) : given;
        if (value != null) {
            guest.put(property, new Setting(value, given == null ? Provenance.MACHINE_TYPE : Provenance.USER));
        }
    }

    /** What the properties belong to. */
    public Model model() {
        return model;
    }

    /** The ABI version that they were resolved under. */
    public AbiVersion abi() {
        return abi;
    }

    /** The value of a guest or host property, or null if it is open. */
    @SuppressWarnings("unchecked")
    public synchronized <T> T get(Property<T> property) {
        if (property.scope() == Property.Scope.HOST) {
            return (T) host.get(property.name());
        }
        Setting setting = guest.get(property);
        return setting == null ? null : (T) setting.value();
    }

    /** The guest properties that nothing has given a value yet, in the order of the model. */
    public synchronized List<Property<?>> open() {
        return model.properties().stream()
            .filter(property -> property.scope() == Property.Scope.GUEST && !guest.containsKey(property)).toList();
    }

    /**
     * Fixes an open guest property to a value that was read off the host. A property with a default is never open, so
     * nothing that was probed can take the place of what the machine type says.
     *
     * @throws IllegalStateException if it is not open, or not a guest property of the model
     */
    public synchronized <T> void lock(Property<T> property, T value) {
        property.type().check(value);
        requireGuest(property);
        if (property.defaultUnder(abi) != null) {
            throw new IllegalStateException(property.name() + " has a default under ABI " + abi
                + ", so it cannot be read off the host");
        }
        Setting given = guest.putIfAbsent(property, new Setting(value, Provenance.HOST));
        if (given != null) {
            throw new IllegalStateException(property.name() + " is " + property.text(given.value()) + " already, from "
                + given.provenance().word());
        }
    }

    /**
     * Gives a host property another value, which was left to its device to find out.
     *
     * @throws IllegalArgumentException if the value does not fit the type
     * @throws IllegalStateException    if it is not a property of the model that can be {@linkplain Property#undecided left} to the
     *                                  device
     * @since 1.1
     */
    public synchronized <T> void settle(Property<T> property, T value) {
        if (property.undecided().isEmpty() || !model.properties().contains(property)) {
            throw new IllegalStateException(property.name() + " is not a property of " + model.type() + " that it finds out");
        }
        host.put(property.name(), property.type().check(value));
    }

    /**
     * Gives a {@linkplain Property#changeable changeable} guest property another value by the operator's word.
     *
     * @throws IllegalArgumentException if the value does not fit the type
     * @throws IllegalStateException    if it is not a changeable guest property of the model
     */
    public synchronized void change(Property<?> property, Object value) {
        requireGuest(property);
        if (!property.changeable()) {
            throw new IllegalStateException(property.name() + " is fixed");
        }
        guest.put(property, new Setting(property.type().check(value), Provenance.USER));
    }

    private void requireGuest(Property<?> property) {
        if (property.scope() != Property.Scope.GUEST || !model.properties().contains(property)) {
            throw new IllegalStateException(property.name() + " is not a guest property of " + model.type());
        }
    }

    /** The guest ABI that follows, in a slot. */
    public synchronized PartAbi part(int slot) {
        return PartAbi.of(model, abi, slot, new HashMap<>(guest));
    }

    /**
     * The host properties, where those that are {@linkplain Property#undecided left} to the device have what it has found out.
     *
     * @param found the host properties of the device, by name
     * @since 1.1
     */
    public synchronized Map<String, Object> hostWith(Map<String, Object> found) {
        var settled = new TreeMap<>(host);
        model.properties().stream().filter(property -> property.undecided().isPresent()
            && property.undecided().get().equals(host.get(property.name())) && found.containsKey(property.name()))
            .forEach(property -> settled.put(property.name(), found.get(property.name())));
        return Collections.unmodifiableMap(settled);
    }

    /** The host properties as they are now, by name. */
    public synchronized Map<String, Object> host() {
        return Collections.unmodifiableMap(new TreeMap<>(host));
    }
}
