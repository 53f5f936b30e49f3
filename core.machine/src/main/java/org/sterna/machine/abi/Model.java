package org.sterna.machine.abi;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.sterna.machine.state.StateType;

/**
 * What a bundle implements: one type of device, processor or board, with all that the guest can see of it as
 * properties, and with its state. It is the part of a plug-in that negotiation looks at; nothing is instantiated.
 *
 * @param type       the name of the type, such as {@code virtio-blk}
 * @param abi        the newest ABI version that it offers; it offers every earlier minor version too
 * @param properties its properties, guest and host, in the order in which help prints them
 * @param state      its state
 */
public record Model(String type, AbiVersion abi, List<Property<?>> properties, StateType<?> state) {
    /** Text that may be as long as this is made for paths, where no property says that it is one. */
    private static final int LENGTH_OF_PATHS = 1024;

    static final String NAME = "[a-z][a-z0-9]{0,63}(-[a-z0-9]{1,63}){0,7}";

    /** Checks the names and that no property is newer than the model. */
    public Model {
        if (!type.matches(NAME)) {
            throw new IllegalArgumentException("not a type name: '" + type + "'");
        }
        properties = List.copyOf(properties);
        var names = new HashSet<String>();
        var earlier = new HashSet<Property<?>>();
        for (Property<?> property : properties) {
            if (property.name().equals("bundle") || !names.add(property.name())) {
                throw new IllegalArgumentException(type + " has two properties '" + property.name() + "', or it is a reserved name");
            }
            if (!abi.offers(property.since())) {
                throw new IllegalArgumentException(
                    type + " " + abi + " cannot have the property '" + property.name() + "' of ABI " + property.since());
            }
            property.condition().map(Property.Condition::property).filter(other -> !earlier.contains(other)
                || other.scope() == Property.Scope.HOST).ifPresent(other -> {
                    throw new IllegalArgumentException(
                        type + " must list the guest property '" + other.name() + "' before '" + property.name() + "'");
                });
            earlier.add(property);
        }
    }

    /** The property of a name. */
    public Optional<Property<?>> property(String name) {
        return properties.stream().filter(property -> property.name().equals(name)).findFirst();
    }

    /**
     * Whether a value of a host property has to be taken for the path of a file or folder of the host: one of the type {@link
     * PropertyType.HostPath}. A model that has no property of that type may be older than the type, and is taken at the worst: a
     * text that may be as long as a path is one, and so is any that looks like one or that names a file that exists.
     *
     * @param property one of its properties
     * @since 1.1
     */
    public boolean mayBePath(Property<?> property, Object value) {
        if (property.scope() != Property.Scope.HOST) {
            return false;
        }
        if (property.type() instanceof PropertyType.HostPath) {
            return true;
        }
        return isOlderThanPaths() && property.type() instanceof PropertyType.Text(int maxLength) && value instanceof String text && !text.isEmpty()
            && (maxLength >= LENGTH_OF_PATHS || looksLikePath(text));
    }

    /**
     * Whether a value of a host property has to be taken for an address to listen on: one of the type {@link PropertyType.HostAddress},
     * and of a model that may be older than the type any text that ends in a colon and a port.
     *
     * @param property one of its properties
     * @since 1.1
     */
    public boolean mayBeAddress(Property<?> property, Object value) {
        if (property.scope() != Property.Scope.HOST) {
            return false;
        }
        return property.type() instanceof PropertyType.HostAddress || isOlderThanPaths()
            && property.type() instanceof PropertyType.Text && value instanceof String text && text.matches(".*:[0-9]{1,5}");
    }

    private boolean isOlderThanPaths() {
        return properties.stream().noneMatch(other -> other.type() instanceof PropertyType.HostPath);
    }

    private static boolean looksLikePath(String text) {
        try {
            return text.startsWith(".") || text.startsWith("~") || text.contains("/") || Files.exists(Path.of(text));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** The features, by name. */
    public List<Property<?>> features() {
        return properties.stream().filter(Property::isFeature).toList();
    }
}
