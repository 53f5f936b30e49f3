package org.sterna.migration.internal.negotiation;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.state.StateSchema;

/** What could take a machine over, as negotiation sees it: another process, the same one, or a file's reader. */
public interface Reader {
    /** Where it is. */
    default Place place() {
        return Place.DESTINATION;
    }

    /** What it lacks for a machine: what of its guest ABI it cannot offer, which host resources are not there. */
    List<Reason> obstacles(Manifest manifest);

    /** What it has for a section; nothing if it has no such type. */
    Optional<Part> part(AbiDocument abi, Manifest.Section section);

    /** The translators that it has for the states of a type, in the order in which they are tried. */
    List<InstalledTranslator<?, ?>> translators(String type);

    /**
     * The reader's implementation of a part.
     *
     * @param schema   of its state
     * @param version  of its bundle
     * @param features the features that it can offer, or null if it cannot be asked
     */
    record Part(StateSchema schema, String version, Set<String> features) {
    }
}
