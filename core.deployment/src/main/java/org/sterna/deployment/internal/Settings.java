package org.sterna.deployment.internal;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.PropertyType;
import org.sterna.migration.Endpoint;
import org.sterna.migration.ReceiveLimits;

/**
 * A configuration that has been read.
 *
 * @param definition the machine
 * @param autostart  whether its guest is booted
 * @param current    whether its devices are kept at the newest versions
 * @param receive    where the guest is waited for, if it comes from elsewhere
 * @param limits     what is taken in at most there
 * @param save       whether the guest is saved when the framework stops
 * @param changed    the host resources that may have changed while the guest was saved, each as {@code /path.property}
 * @param saved      the file in which the guest waits if it was saved
 * @param departed   the file that says whether the guest has been given away
 */
record Settings(MachineDefinition definition, boolean autostart, boolean current, Optional<Endpoint> receive,
        ReceiveLimits limits, boolean save, Set<String> changed, SavedGuest saved, DepartureMarker departed) {
    /** The range that the command line has too; a machine may ask for less. */
    private static final PropertyType<Long> MEMORY = new PropertyType.Size(4096, 1L << 46, 4096);
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}";

    /**
     * Reads a configuration.
     *
     * @param name   the machine's name
     * @param folder where files are if the configuration does not say so
     * @throws MachineException with everything that is wrong
     */
    static Settings of(MachineConfiguration configuration, String name, Path folder) {
        var reading = new Reading();
        if (!name.matches(NAME)) {
            reading.wrong("name", "'" + name + "' is no name for a machine", "use letters, digits, '.', '_' and '-'");
        }
        long memory = reading.memory(configuration.memory());
        boolean current = reading.choice("swap", configuration.swap(), "manual", "auto");
        boolean snapshot = reading.choice("stop", configuration.stop(), "close", "snapshot");
        Optional<Endpoint> receive = reading.endpoint("receive", configuration.receive());
        var definition = new MachineDefinition(name, configuration.machine(), memory, configuration.processors(),
            reading.properties("board", configuration.board()), reading.properties("processor", configuration.processor()),
            reading.devices(configuration.devices()));
        ReceiveLimits limits = reading.limits(configuration);
        reading.end();
        Path snapshots = configuration.snapshots().isEmpty() ? folder : Path.of(configuration.snapshots());
        return new Settings(definition, configuration.autostart(), current, receive, limits, snapshot,
            new HashSet<>(List.of(configuration.accept_changed())), new SavedGuest(snapshots.resolve(name + ".sterna")),
            new DepartureMarker(snapshots.resolve(name + ".left")));
    }

    /** The name that a configuration gives, or that its PID has behind the {@code ~}. */
    static String name(MachineConfiguration configuration, String pid) {
        return configuration.name().isEmpty() ? pid.substring(pid.indexOf('~') + 1) : configuration.name();
    }

    /** Reads value by value, so that everything that is wrong is said at once. */
    private static final class Reading {
        private final List<Reason> wrong = new ArrayList<>();

        void wrong(String item, String cause, String remedy) {
            wrong.add(new Reason("", item, cause, remedy));
        }

        void end() {
            if (!wrong.isEmpty()) {
                throw new MachineException(MachineException.Kind.USAGE, wrong);
            }
        }

        long memory(String text) {
            try {
                return MEMORY.parse(text);
            } catch (IllegalArgumentException e) {
                wrong("memory", e.getMessage(), "");
                return 0;
            }
        }

        /** Whether it is the second of two words. */
        boolean choice(String item, String text, String no, String yes) {
            if (!text.equals(no) && !text.equals(yes)) {
                wrong(item, "'" + text + "' is not in " + no + "|" + yes, "");
            }
            return text.equals(yes);
        }

        Optional<Endpoint> endpoint(String item, String text) {
            try {
                return text.isEmpty() ? Optional.empty() : Optional.of(Endpoint.parse(text));
            } catch (MachineException e) {
                e.reasons().forEach(reason -> wrong(item, "'" + text + "' is " + reason.cause(), reason.remedy()));
                return Optional.empty();
            }
        }

        ReceiveLimits limits(MachineConfiguration configuration) {
            try {
                return ReceiveLimits.parse(Map.of("max-memory", configuration.max_memory(), "max-machines",
                    configuration.max_machines(), "max-clock-jump", configuration.max_clock_jump()),
                    elements(configuration.allow_path()).toList());
            } catch (MachineException e) {
                e.reasons().forEach(reason -> wrong(reason.item().replace('-', '.'), reason.cause(), reason.remedy()));
                return ReceiveLimits.DEFAULT;
            }
        }

        Map<String, String> properties(String item, String[] texts) {
            var properties = new LinkedHashMap<String, String>();
            elements(texts).forEach(text -> {
                try {
                    DeviceDefinition.properties(item, text, text).forEach((name, value) -> {
                        if (properties.putIfAbsent(name, value) != null) {
                            wrong(item, name + " is given twice", "give it once");
                        }
                    });
                } catch (MachineException e) {
                    wrong.addAll(e.reasons());
                }
            });
            return properties;
        }

        List<DeviceDefinition> devices(String[] texts) {
            var devices = new ArrayList<DeviceDefinition>();
            elements(texts).forEach(text -> {
                try {
                    devices.add(DeviceDefinition.parse(text));
                } catch (MachineException e) {
                    wrong.addAll(e.reasons());
                }
            });
            return devices;
        }

        /** Formats that have no lists, such as a .cfg file, have lines. */
        private static Stream<String> elements(String[] texts) {
            return Arrays.stream(texts).flatMap(String::lines).map(String::strip).filter(line -> !line.isEmpty());
        }
    }
}
