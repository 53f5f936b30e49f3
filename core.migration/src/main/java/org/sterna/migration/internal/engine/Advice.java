package org.sterna.migration.internal.engine;

import java.util.List;
import org.sterna.machine.Machine;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.Property;
import org.sterna.migration.Verdict;

/**
 * Completes a destination's reasons with what only the source knows of a guest property: the value that stands for its
 * absence, with which a new machine can go anywhere within the same major ABI version; and whether the driver uses it.
 *
 * @param abi   the machine's guest ABI
 * @param parts its parts
 */
record Advice(AbiDocument abi, List<Part> parts) {
    /** The advice of a machine. */
    static Advice of(Machine machine) {
        return new Advice(machine.abi(), machine.parts());
    }

    /** A verdict with completed reasons. */
    Verdict complete(Verdict verdict) {
        return new Verdict(verdict.outcome(), verdict.sections(), verdict.reasons().stream().map(this::complete).toList(),
            verdict.conditions(), verdict.provisions(), verdict.losses(), verdict.remarks());
    }

    private Reason complete(Reason reason) {
        String path = reason.subject();
        boolean offered = abi.part(path).filter(part -> part.settings().containsKey(reason.item())).isPresent();
        // The guest ABI has the processors once, at the path of all of them.
        return parts.stream().filter(part -> offered && (part.path().equals(path) || part.path().startsWith(path + "@")))
            .findFirst().flatMap(part -> part.model().flatMap(model -> model.property(reason.item()))
                .map(property -> new Reason(path, reason.item(), reason.cause() + use(part, property), remedy(reason, property))))
            .orElse(reason);
    }

    private static String use(Part part, Property<?> property) {
        return !property.isFeature() || part.acknowledged().contains(property.name()) ? ""
            : "; it is offered, and the driver has not accepted it so far";
    }

    private String remedy(Reason reason, Property<?> property) {
        if (property.before() == null) {
            return reason.remedy();
        }
        String option = abi.option(reason.subject(), property.name(), property.text(property.before()));
        return reason.remedy().contains(option) ? reason.remedy()
            : (reason.remedy().isEmpty() ? "" : reason.remedy() + "; or ") + "give a new machine " + option;
    }
}
