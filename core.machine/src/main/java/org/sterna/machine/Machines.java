package org.sterna.machine;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.MachineType;

/**
 * The service that builds machines from what the installed bundles contribute. All methods may be called from any thread.
 *
 * <p>Each machine, from when it is made until it is closed, is a service of the type {@link Machine} with the property {@link #NAME}.
 */
@ProviderType
public interface Machines {
    /**
     * The host property of every device, processor and board that says which version of its bundle is to be used, such as
     * {@code 1.0.0}. Without it the newest that fits is. It never travels: every host decides anew.
     */
    String BUNDLE = "bundle";

    /**
     * The property of a machine's service that is the machine's name.
     *
     * @since 1.3
     */
    String NAME = "org.sterna.machine.name";

    /**
     * Builds a machine for a new guest; its devices are not attached yet.
     *
     * @throws MachineException if a name is unknown (with the nearest known ones), a value does not fit, or a bundle that
     *                          the machine type needs is not there
     */
    Machine create(MachineDefinition definition);

    /**
     * The guest ABI that a machine for a new guest would have, without making one. A device whose properties are read off
     * the host is attached for a moment, if that can be done.
     *
     * @throws MachineException as {@link #create} does, but not for a host property that is missing or does not work
     */
    MachineDescription describe(MachineDefinition definition);

    /**
     * Builds a machine for a guest that comes from elsewhere, with exactly the guest ABI that it has there. Its devices
     * are not attached, its parts not restored.
     *
     * @param name the machine's name in this process
     * @param abi  the guest ABI
     * @param host the host properties, by path and property name, and {@link #BUNDLE} where a version is wanted
     * @throws MachineException with every reason why the installed bundles cannot offer that ABI
     */
    Machine build(String name, AbiDocument abi, Map<String, Map<String, Object>> host);

    /**
     * Whether and why not the installed bundles can offer a guest ABI; no reasons if they can.
     *
     * @param bundles the version of the bundle that is wanted, by path; for other paths the newest that fits
     */
    List<Reason> obstacles(AbiDocument abi, Map<String, String> bundles);

    /**
     * What this host lacks for a machine with some guest ABI: reasons why its host properties do not fit, what {@link
     * org.sterna.machine.board.Board#obstacles()} and {@link org.sterna.machine.device.Device#obstacles()} say, slots that the
     * board does not have, and resources that two of its devices claim. Nothing is taken, created or changed. A part whose guest
     * ABI cannot be offered here is left out; that is what {@link #obstacles} tells.
     *
     * @param host the host properties, as for {@link #build}
     */
    List<Reason> hostObstacles(AbiDocument abi, Map<String, Map<String, Object>> host);

    /**
     * By what the content of this host's resources is known again, of which a machine with some guest ABI would be made: what {@link
     * Machine#contents} says once it is attached, as far as it can be told by looking. Nothing is taken, created or changed.
     *
     * @param host the host properties, as for {@link #build}
     * @return by device path; a device that cannot be asked is left out, which {@link #hostObstacles} explains
     * @since 1.4
     */
    default Map<String, List<ContentIdentity>> hostContents(AbiDocument abi, Map<String, Map<String, Object>> host) {
        return Map.of();
    }

    /**
     * Makes another installed implementation of a device that one of these machines has, with the same guest ABI and host
     * properties. The machine is not touched yet.
     *
     * @param path    the device
     * @param version of its bundle
     * @throws MachineException if there is no such device or version, it cannot offer the guest ABI, or refuses its properties
     */
    default Replacement replacement(Machine machine, String path, String version) {
        return replacement(machine, path, version, machine.hostSettings().getOrDefault(path, Map.of()));
    }

    /**
     * The same with other host properties, such as a disk that has been moved.
     *
     * @param host all host properties of the new one, as {@link Machine#hostSettings()} gives them; one that is missing has its
     *             default
     * @throws MachineException as for {@link #replacement(Machine, String, String)}, or if a host property does not fit
     * @since 1.3
     */
    Replacement replacement(Machine machine, String path, String version, Map<String, Object> host);

    /**
     * Adds a listener, which is told whenever a model has been installed, a bundle with machine types has been started, or a
     * device model has gone; on the thread that did it, so it must not take long.
     *
     * @return what removes it
     */
    AutoCloseable onInstalled(Runnable listener);

    /** What is installed: every model of every version, newest bundle first. */
    List<InstalledModel> models();

    /**
     * Every installed version of a type, newest bundle first; at least one.
     *
     * @throws MachineException if none is installed, with the nearest types that are
     */
    List<InstalledModel> models(String type);

    /** The translators that are installed: by type, newest bundle first. */
    List<InstalledTranslator<?, ?>> translators();

    /**
     * The model that a machine with some guest ABI would use here for the part at a path; the processors are at the path of all of
     * them and at that of each.
     *
     * @param bundles the version of the bundle that is wanted, by path; for other paths the newest that fits
     */
    Optional<InstalledModel> model(AbiDocument abi, String path, Map<String, String> bundles);

    /** The machine types, by name. */
    Collection<MachineType> types();

    /** The machines that have not been closed. */
    Collection<Machine> running();
}
