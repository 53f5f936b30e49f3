package org.sterna.migration.internal.negotiation;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.sterna.machine.Reason;
import org.sterna.machine.state.Criticality;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Condition;
import org.sterna.migration.Verdict.Dropped;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.negotiation.Answer.Plan;
import org.sterna.migration.internal.negotiation.Fields.Placed;

/**
 * Answers a manifest by the rules of the specification, section 6: a pure function of the manifest and of what the
 * reader has. It goes on to the end whatever it finds, so that the answer holds every reason at once.
 */
public final class Negotiation {
    private final Manifest manifest;
    private final Reader reader;
    private final Outcome unacceptedLoss;
    private final List<Verdict.Section> sections = new ArrayList<>();
    private final Set<Reason> reasons = new LinkedHashSet<>();
    private final List<Condition> conditions = new ArrayList<>();
    private final TreeMap<String, Plan> plans = new TreeMap<>();
    private Outcome outcome = Outcome.OK;

    private Negotiation(Manifest manifest, Reader reader) {
        this.manifest = manifest;
        this.reader = reader;
        this.unacceptedLoss = someLossIsAccepted() ? Outcome.LOSSY : Outcome.BLOCKED;
    }

    /** The answer of a reader to a manifest. */
    public static Answer answer(Manifest manifest, Reader reader) {
        return new Negotiation(manifest, reader).answer();
    }

    private Answer answer() {
        var obstacles = new ArrayList<>(reader.obstacles(manifest));
        for (Manifest.Section section : manifest.sections()) {
            var part = reader.part(manifest.abi(), section);
            if (part.isEmpty()) {
                answerMissing(section, obstacles);
            } else if (manifest.has(section.path())) {
                answer(section, part.get(), obstacles);
            } else {
                answerSurplus(section);
            }
        }
        for (Reason obstacle : obstacles) {
            add(Outcome.BLOCKED, obstacle);
        }
        return AcceptedLosses.name(manifest, new Answer(new Verdict(outcome, sections, List.copyOf(reasons), conditions), plans));
    }

    private void answerMissing(Manifest.Section section, List<Reason> obstacles) {
        if (obstacles.stream().noneMatch(obstacle -> obstacle.subject().equals(section.path()))) {
            add(Outcome.BLOCKED, Reason.of(section.path(), reader.place().who() + " has nothing of type "
                + section.type(), reader.place().have(atLeast(section))));
        }
        addBlocked(section);
    }

    /** A later version may move what is no part of the guest ABI; here nobody could take it. */
    private void answerSurplus(Manifest.Section section) {
        add(Outcome.BLOCKED, Reason.of(section.path(), "the guest ABI has no such part",
            "this is a defect of the source"));
        addBlocked(section);
    }

    private void addBlocked(Manifest.Section section) {
        sections.add(new Verdict.Section(section.path(), section.type(), section.schema().version(), 0, section.version(),
            "", Outcome.BLOCKED, List.of(), List.of(), ""));
    }

    private void answer(Manifest.Section section, Reader.Part part, List<Reason> obstacles) {
        Outcome before = outcome;
        outcome = Outcome.OK;
        answerFeatures(section, part, obstacles);
        if (obstacles.stream().anyMatch(obstacle -> obstacle.subject().equals(section.path()))) {
            worsen(Outcome.BLOCKED);
        }
        var translation = translation(section, part);
        var differences = differences(section, part, translation);
        var dropped = new ArrayList<Dropped>();
        for (Placed field : differences.writerOnly()) {
            answerWriterOnly(section, part, field, dropped);
        }
        for (Placed field : differences.readerOnly()) {
            if (!field.field().hasDefault()) {
                add(Outcome.BLOCKED, new Reason(section.path(), field.name(), reader.place().who() + " needs it and has no default"
                    + " for it: " + its(part, section) + " has a field that the source's state version "
                    + section.schema().version() + " lacks", "install " + section.type() + " >= " + part.version()
                    + " at the source" + orTranslator(section)));
            }
        }
        for (Placed field : differences.changed()) {
            add(Outcome.BLOCKED, new Reason(section.path(), field.name(), "has another type in " + its(part, section)
                + reader.place().where(), reader.place().have(section.type() + " " + section.version()) + orTranslator(section)));
        }
        if (outcome.compareTo(Outcome.LOSSY_ACCEPTED) > 0 && !bridges(section, part, translation)) {
            explainTranslators(section, part);
        }
        plans.put(section.path(), new Plan(differences.writerOnlyPaths(), differences.readerOnlyPaths(), translation));
        sections.add(new Verdict.Section(section.path(), section.type(), section.schema().version(),
            part.schema().version(), section.version(), part.version(), outcome, dropped,
            differences.readerOnly().stream().map(Placed::name).toList(), translation.map(Translation::name).orElse("")));
        worsen(before);
    }

    private static Differences differences(Manifest.Section section, Reader.Part part, Optional<Translation> translation) {
        var schema = translation.map(Translation::schema).orElse(part.schema());
        return Differences.between(section.schema().fields(), schema.fields());
    }

    /** The first translation that loses nothing, where the reader by itself would. */
    private Optional<Translation> translation(Manifest.Section section, Reader.Part part) {
        return bridges(section, part, Optional.empty()) ? Optional.empty()
            : Translation.towards(part.schema(), reader.translators(section.type())).stream()
                .filter(translation -> bridges(section, part, Optional.of(translation))).findFirst();
    }

    private static boolean bridges(Manifest.Section section, Reader.Part part, Optional<Translation> translation) {
        return differences(section, part, translation).unbridged(section.notDefault()).isEmpty();
    }

    /** Whoever has installed a translator wants to know why it did not help. */
    private void explainTranslators(Manifest.Section section, Reader.Part part) {
        for (Translation translation : Translation.towards(part.schema(), reader.translators(section.type()))) {
            Placed field = differences(section, part, Optional.of(translation)).unbridged(section.notDefault()).getFirst();
            reasons.add(new Reason(section.path(), field.name(), "the translator " + translation.name() + reader.place().where()
                + " reads state version " + translation.schema().version() + " of " + section.type()
                + ", which has this field otherwise or not at all", "install one that reads state version "
                + section.schema().version() + " as " + section.type() + " " + section.version() + " writes it"));
        }
    }

    /** A feature in use is told apart from one that is only offered: it is the guest that would break. */
    private void answerFeatures(Manifest.Section section, Reader.Part part, List<Reason> obstacles) {
        if (part.features() == null) {
            return;
        }
        for (String feature : new TreeSet<>(section.acknowledged())) {
            if (part.features().contains(feature)) {
                continue;
            }
            Reason obstacle = obstacles.stream()
                .filter(o -> o.subject().equals(section.path()) && o.item().equals(feature)).findFirst().orElse(null);
            obstacles.remove(obstacle);
            add(Outcome.BLOCKED, new Reason(section.path(), feature, "the guest's driver uses the feature " + feature
                + ", which " + section.type() + " " + part.version() + reader.place().where() + " does not have",
                obstacle != null ? obstacle.remedy() : reader.place().have(atLeast(section)) + "; a new machine"
                    + " can go there with --device " + section.type() + "," + feature + "=off or an older machine type"));
        }
    }

    private void answerWriterOnly(Manifest.Section section, Reader.Part part, Placed field, List<Dropped> dropped) {
        String named = section.path() + "." + field.name();
        switch (field.field().criticality()) {
            case IGNORABLE -> dropped.add(new Dropped(field.name(), "a hint: " + field.field().why()));
            case MANDATORY -> add(Outcome.BLOCKED, new Reason(section.path(), field.name(),
                reader.place().who() + " cannot hold it: " + its(part, section) + " has no such field, and it is mandatory",
                reader.place().have(atLeast(section)) + orTranslator(section)));
            case IGNORABLE_IF_DEFAULT -> {
                if (AcceptedLosses.isGivenUp(manifest, section, field)) {
                    dropped.add(new Dropped(field.name(), section.notDefault().contains(field.path())
                        ? "it is lost, which the operator accepts" : "it has its default now; if that changes it is lost, which the"
                            + " operator accepts"));
                } else if (section.notDefault().contains(field.path())) {
                    add(unacceptedLoss, new Reason(section.path(), field.name(), reader.place().who() + " would forget it: "
                        + its(part, section) + " has no such field, and its value is not the default",
                        reader.place().have(atLeast(section)) + ", or give --accept-loss " + named
                        + " if it is known to be harmless"));
                } else {
                    worsen(Outcome.OK_IF);
                    conditions.add(new Condition(section.path(), field.name()));
                    dropped.add(new Dropped(field.name(), "it has its default, which says the same"));
                }
            }
        }
    }

    /**
     * An unaccepted loss blocks, until the operator has accepted some loss at hand: then the answer is what else there
     * is to accept.
     */
    private boolean someLossIsAccepted() {
        return !manifest.acceptLoss().isEmpty() && manifest.sections().stream().anyMatch(section -> reader
            .part(manifest.abi(), section)
            .map(part -> differences(section, part, translation(section, part)).writerOnly().stream()
                .anyMatch(field -> field.field().criticality() == Criticality.IGNORABLE_IF_DEFAULT
                    && section.notDefault().contains(field.path())
                    && manifest.acceptLoss().contains(section.path() + "." + field.name())))
            .orElse(false));
    }

    private void add(Outcome worse, Reason reason) {
        worsen(worse);
        reasons.add(reason);
    }

    private void worsen(Outcome other) {
        outcome = outcome.compareTo(other) >= 0 ? outcome : other;
    }

    private static String its(Reader.Part part, Manifest.Section section) {
        return "state version " + part.schema().version() + " of " + section.type() + " " + part.version();
    }

    private static String atLeast(Manifest.Section section) {
        return section.type() + " >= " + section.version();
    }

    private static String orTranslator(Manifest.Section section) {
        return ", or a translator for state version " + section.schema().version() + " of " + section.type();
    }
}
