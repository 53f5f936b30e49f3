package org.sterna.migration.internal.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.sterna.machine.Reason;
import org.sterna.migration.Provisioner;
import org.sterna.migration.Provisioner.Need;
import org.sterna.migration.Verdict;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Manifest;

/**
 * Answers manifests with what is installed and, if there is a provisioner, with what could be.
 *
 * @param installed   what is installed
 * @param provisioner who may install more; asked anew each time
 */
public record Answering(InstalledReader installed, Supplier<Optional<Provisioner>> provisioner) {
    /** The same for a saved guest whose host resources, each as {@code /path.property}, may have another content than then. */
    public Answering accepting(Set<String> changed) {
        return new Answering(new InstalledReader(installed.machines(), installed.mapped(), installed.paths(), changed), provisioner);
    }

    /** The answer to a manifest that nobody has an objection to. */
    public Answer answer(Manifest manifest, boolean install) {
        return answer(manifest, List.of(), install);
    }

    /**
     * The answer to a manifest.
     *
     * @param unwanted why the machine is not wanted here, whatever is installed
     * @param install  whether bundles that are missing may be installed before the answer; if not, the answer says which would be
     */
    Answer answer(Manifest manifest, List<Reason> unwanted, boolean install) {
        Answer answer = installed.answer(manifest);
        if (!unwanted.isEmpty()) {
            return refused(answer, unwanted);
        }
        Optional<Provisioner> asked = answer.verdict().allowed() ? Optional.empty() : provisioner.get();
        if (asked.isEmpty()) {
            return answer;
        }
        var shortage = new Shortage(manifest, installed);
        List<Need> needs = shortage.needs();
        // What would be refused all the same is no reason to change this host.
        boolean worthwhile = shortage.explains(answer.verdict());
        return needs.isEmpty() ? answer : again(manifest, answer, asked.get().provide(needs, install && worthwhile));
    }

    /** Nothing is installed for what is not wanted. */
    private static Answer refused(Answer answer, List<Reason> unwanted) {
        var reasons = new ArrayList<>(unwanted);
        if (!answer.verdict().allowed()) {
            reasons.addAll(answer.verdict().reasons());
        }
        return new Answer(new Verdict(Verdict.Outcome.BLOCKED, blocked(answer.verdict().sections(), unwanted), reasons,
            answer.verdict().conditions(), answer.verdict().provisions(), answer.verdict().losses(), answer.verdict().remarks()),
            answer.plans());
    }

    /** The sections, those that something unwanted is said of being blocked. */
    private static List<Verdict.Section> blocked(List<Verdict.Section> sections, List<Reason> unwanted) {
        Set<String> subjects = unwanted.stream().map(Reason::subject).collect(Collectors.toSet());
        return sections.stream().map(section -> subjects.contains(section.path())
            ? section.with(Verdict.Outcome.BLOCKED) : section).toList();
    }

    private Answer again(Manifest manifest, Answer before, Provisioner.Outcome outcome) {
        boolean changed = outcome.provisions().stream().anyMatch(Verdict.Provision::installed);
        Answer answer = changed ? installed.answer(manifest) : before;
        Verdict verdict = answer.verdict();
        var reasons = new ArrayList<Reason>(verdict.reasons());
        if (!verdict.allowed()) {
            reasons.addAll(outcome.reasons());
        }
        return new Answer(new Verdict(verdict.outcome(), verdict.sections(), reasons, verdict.conditions(), outcome.provisions(),
            verdict.losses(), verdict.remarks()), answer.plans());
    }
}
