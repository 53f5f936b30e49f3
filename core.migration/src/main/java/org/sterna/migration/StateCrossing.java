package org.sterna.migration;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.Reason;
import org.sterna.machine.Replacement;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.Property;
import org.sterna.migration.internal.engine.SectionCrossing;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Fields;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Negotiation;
import org.sterna.migration.internal.negotiation.Place;
import org.sterna.migration.internal.negotiation.Reader;

/**
 * How the state of one device gets from one implementation of its type to another, by the rules of every migration, but without a
 * machine around it and without translators: what the tests of a device's author ask. That both offer the guest ABI is taken for
 * granted. Any thread, one at a time.
 *
 * @since 1.2
 */
public final class StateCrossing {
    private final Manifest manifest;
    private final Answer answer;

    private StateCrossing(Manifest manifest, Answer answer) {
        this.manifest = manifest;
        this.answer = answer;
    }

    /**
     * Asks whether a reader can take what a writer holds.
     *
     * @param path         the device, for messages
     * @param state        what the writer holds, as a tree (see {@link org.sterna.machine.state.StateType})
     * @param acknowledged the features that the driver has acknowledged
     */
    public static StateCrossing of(String path, InstalledModel writer, SortedMap<Long, Object> state, Set<String> acknowledged,
            InstalledModel reader) {
        var schema = writer.model().state().schema();
        var section = new Manifest.Section(path, writer.model().type(), writer.version().toString(), schema,
            Fields.notDefault(schema.fields(), state), acknowledged, Set.of());
        var manifest = new Manifest("", null, List.of(section), List.of(), Map.of(), Set.of());
        return new StateCrossing(manifest, Negotiation.answer(manifest, new OneModel(reader)));
    }

    /** The answer. */
    public Verdict verdict() {
        return answer.verdict();
    }

    /**
     * What the state goes through, if the {@linkplain Verdict#allowed verdict allows} it.
     *
     * @throws IllegalStateException if it does not
     */
    public Replacement.Crossing crossing() {
        if (!verdict().allowed()) {
            throw new IllegalStateException("the verdict is " + verdict().outcome().word());
        }
        return new SectionCrossing(manifest, answer);
    }

    private record OneModel(InstalledModel reader) implements Reader {
        @Override
        public Place place() {
            return Place.HERE;
        }

        @Override
        public List<Reason> obstacles(Manifest manifest) {
            return List.of();
        }

        @Override
        public Optional<Part> part(AbiDocument abi, Manifest.Section section) {
            return Optional.of(reader).filter(installed -> installed.model().type().equals(section.type()))
                .map(installed -> new Part(installed.model().state().schema(), installed.version().toString(),
                    installed.model().features().stream().map(Property::name).collect(Collectors.toSet())));
        }

        @Override
        public List<InstalledTranslator<?, ?>> translators(String type) {
            return List.of();
        }
    }
}
