package org.sterna.machine;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.MachineType;

/** The service that builds machines from what the installed bundles contribute. All methods may be called from any thread. */
@ProviderType
public interface Machines {
    /**
     * Builds a machine for a new guest; its devices are not attached yet.
     *
     * @throws MachineException if a name is unknown (with the nearest known ones), a value does not fit, or a bundle that
     *                          the machine type needs is not there
     */
    Machine create(MachineDefinition definition);

    /**
     * Builds a machine for a guest that comes from elsewhere, with exactly the guest ABI that it has there. Its devices
     * are not attached, its parts not restored.
     *
     * @param name the machine's name in this process
     * @param abi  the guest ABI
     * @param host the host properties, by path and property name
     * @throws MachineException with every reason why the installed bundles cannot offer that ABI
     */
    Machine build(String name, AbiDocument abi, Map<String, Map<String, Object>> host);

    /** Whether and why not the installed bundles can offer a guest ABI; no reasons if they can. */
    List<Reason> obstacles(AbiDocument abi);

    /** What is installed: every model of every version, newest bundle first. */
    List<InstalledModel> models();

    /** The model that a machine with some guest ABI would use here for the part at a path. */
    Optional<InstalledModel> model(AbiDocument abi, String path);

    /** The machine types, by name. */
    Collection<MachineType> types();

    /** The machines that have not been closed. */
    Collection<Machine> running();
}
