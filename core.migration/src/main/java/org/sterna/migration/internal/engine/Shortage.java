package org.sterna.migration.internal.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.InstalledModel.Kind;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.PartAbi;
import org.sterna.migration.Provisioner.Need;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.negotiation.FieldPath;
import org.sterna.migration.internal.negotiation.Fields;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Negotiation;

/** For which parts of a machine the installed bundles do not do, and what others would have to offer. */
final class Shortage {
    private final Manifest manifest;
    private final InstalledReader installed;
    private final List<Reason> obstacles;
    private final Map<String, Outcome> outcomes;

    /** The shortage of a host; of host resources, which no bundle brings, nothing is said. */
    Shortage(Manifest manifest, InstalledReader installed) {
        this.manifest = manifest;
        this.installed = installed;
        var reader = installed.withoutHost();
        obstacles = reader.obstacles(manifest);
        outcomes = Negotiation.answer(manifest, reader).verdict().sections().stream()
            .collect(Collectors.toMap(Verdict.Section::path, Verdict.Section::outcome));
    }

    /** What is needed. */
    List<Need> needs() {
        return manifest.sections().stream().filter(this::isShort).flatMap(section -> need(section).stream()).toList();
    }

    /** Whether bundles could cure all of a verdict's reasons. */
    boolean explains(Verdict verdict) {
        return verdict.reasons().stream().allMatch(reason -> manifest.sections().stream()
            .anyMatch(section -> isShort(section) && concerns(reason, section)));
    }

    private boolean isShort(Manifest.Section section) {
        return outcomes.get(section.path()).compareTo(Outcome.LOSSY_ACCEPTED) > 0
            || obstacles.stream().anyMatch(obstacle -> concerns(obstacle, section));
    }

    /** The guest ABI has the processors once, at the path of all of them. */
    private static boolean concerns(Reason reason, Manifest.Section section) {
        return (section.path() + "@").startsWith(reason.subject() + "@");
    }

    /** Nothing for a part that is no bundle's. */
    private Optional<Need> need(Manifest.Section section) {
        AbiDocument abi = manifest.abi();
        if (abi.devices().containsKey(section.path())) {
            return Optional.of(need(section, Kind.DEVICE, abi.devices().get(section.path())));
        }
        if (section.type().equals(abi.board().type())) {
            return Optional.of(need(section, Kind.BOARD, abi.board()));
        }
        return section.type().equals(abi.processor().type()) ? Optional.of(need(section, Kind.PROCESSOR, abi.processor()))
            : Optional.empty();
    }

    private Need need(Manifest.Section section, Kind kind, PartAbi part) {
        var on = part.settings().entrySet().stream().filter(setting -> Boolean.TRUE.equals(setting.getValue().value()))
            .map(Map.Entry::getKey).collect(Collectors.toSet());
        String bundle = installed.mapped().getOrDefault(section.path(), Map.of()).getOrDefault(Machines.BUNDLE, "");
        int reader = installed.fitting(manifest.abi(), section.path()).map(InstalledModel::model)
            .map(model -> model.state().schema().version()).orElse(0);
        return new Need(section.path(), kind, part.type(), part.abi(), section.acknowledged(), on, bundle,
            section.schema().version(), Fields.needed(section.schema().fields(), kept(section)), reader);
    }

    /** Of the fields that can be left out, those that must not be. */
    private SortedSet<FieldPath> kept(Manifest.Section section) {
        var kept = new TreeSet<>(section.notDefault());
        Set<String> given = manifest.acceptLoss();
        Fields.all(section.schema().fields()).stream()
            .filter(field -> given.contains(section.path() + "." + field.name())).forEach(field -> kept.remove(field.path()));
        return kept;
    }
}
