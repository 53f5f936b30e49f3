package org.sterna.migration.internal.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.sterna.machine.Machine;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.state.StateException;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.FieldPath;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.RestoreOrder;
import org.sterna.migration.internal.negotiation.StateShape;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Limits;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.TextForm;

/**
 * A machine that is being put together from what a peer or a file says of it.
 *
 * @param from     the peer or the file, for messages
 * @param manifest what it has announced
 * @param answer   what was answered
 * @param machine  the machine, just built
 * @param whole    whether states come whole, as in a file, where nobody could say what to leave out
 * @param sections what has come so far, by path
 */
record Arrival(String from, Manifest manifest, Answer answer, Machine machine, boolean whole,
        SortedMap<String, Messages.Section> sections) {
    /** The manifest must describe the machine that its ABI document makes. */
    static Arrival of(String from, Manifest manifest, Answer answer, Machine machine, boolean whole) throws Failure {
        GuestMemory memory = machine.memory();
        var ram = new Manifest.Region(Manifest.Region.RAM, memory.base(), memory.size(), GuestMemory.PAGE_SIZE);
        if (manifest.regions().size() != 1 || !manifest.regions().getFirst().equals(ram)) {
            String offered = manifest.regions().stream().map(Manifest.Region::words).collect(Collectors.joining("; "));
            throw Failure.here(from, "offers the bulk regions " + offered + "; this machine has " + ram.words(), "");
        }
        Set<String> here = machine.parts().stream().map(Part::path).collect(Collectors.toSet());
        Set<String> there = manifest.sections().stream().map(Manifest.Section::path).collect(Collectors.toSet());
        if (!here.equals(there)) {
            var unmatched = new TreeSet<>(here);
            unmatched.addAll(there);
            unmatched.removeIf(path -> here.contains(path) && there.contains(path));
            throw Failure.here(from, "offers other sections than this machine has parts; on one side only: "
                + String.join(", ", unmatched), "");
        }
        var arrival = new Arrival(from, manifest, answer, machine, whole, new TreeMap<>());
        arrival.ordered();
        return arrival;
    }

    /** The parts in an order that does for the manifest and for this machine. */
    private List<Part> ordered() throws Failure {
        var order = new RestoreOrder();
        machine.parts().forEach(part -> order.add(part.path(), part.after()));
        manifest.sections().forEach(section -> order.add(section.path(), section.after()));
        if (!order.unordered().isEmpty()) {
            throw Failure.here(from, "has the parts " + String.join(", ", order.unordered())
                + " restored in an order in which this side cannot restore them", "");
        }
        var parts = machine.parts().stream().collect(Collectors.toMap(Part::path, part -> part));
        return order.ordered().stream().map(parts::get).toList();
    }

    /** Takes a section, which must hold what its schema says, without what the plan leaves out. */
    void keep(Messages.Section section) throws Failure {
        Manifest.Section announced = manifest.sections().stream().filter(section::isOf).findFirst().orElseThrow(() ->
            Failure.here(from, "has sent a section " + section.path() + " that its manifest does not announce", ""));
        checkShape(announced, section.state(from));
        if (sections.put(section.path(), section) != null) {
            throw Failure.here(from, "has sent a section " + section.path() + " twice", "");
        }
        if (sections.values().stream().mapToLong(s -> s.data().length).sum() > Limits.SECTIONS) {
            throw Failure.here(from, "has sent more than " + Limits.SECTIONS + " bytes of sections", "");
        }
    }

    private void checkShape(Manifest.Section announced, SortedMap<Long, Object> state) throws Failure {
        try {
            StateShape.check(announced.schema().fields(), state, left(announced.path()));
        } catch (StateException e) {
            throw Failure.here(from, "has sent a section " + announced.path() + " that does not fit its schema: "
                + e.getMessage(), "");
        }
    }

    /** Checks that as many have come as were sent. */
    void complete(long sent) throws Failure {
        if (sent != sections.size() || sections.size() != manifest.sections().size()) {
            throw Failure.here(from, "has sent " + sections.size() + " of " + manifest.sections().size() + " sections", "");
        }
    }

    /**
     * Restores the parts from what was sent; returns the digests of what they hold now.
     *
     * @param texts as the source compares them
     */
    SortedMap<String, byte[]> restore(TextForm texts) throws Failure {
        var sent = new TreeMap<String, SortedMap<Long, Object>>();
        for (Messages.Section section : sections.values()) {
            sent.put(section.path(), section.state(from));
        }
        return restore(sent, texts);
    }

    /** Restores the parts from whole states, of which it drops what the answer says; their digests must be those of the rest. */
    void restoreWhole() throws Failure {
        var kept = new TreeMap<String, SortedMap<Long, Object>>();
        for (Messages.Section section : sections.values()) {
            kept.put(section.path(), plan(section.path()).sent(section.state(from)));
        }
        var digests = restore(kept, TextForm.DEFINITE);
        var wrong = new ArrayList<Reason>();
        for (Manifest.Section section : manifest.sections()) {
            byte[] expected = SectionCodec.digest(TextForm.DEFINITE, section.schema(), kept.get(section.path()));
            if (!Arrays.equals(expected, digests.get(section.path()))) {
                wrong.add(Reason.of(section.path(), "holds something else after it was restored than " + from + " says",
                    "this is a defect of the device's bundle"));
            }
        }
        refuse(wrong);
    }

    private SortedMap<String, byte[]> restore(SortedMap<String, SortedMap<Long, Object>> states, TextForm texts) throws Failure {
        var wrong = new ArrayList<Reason>();
        for (Part part : ordered()) {
            try {
                part.restore(plan(part.path()).restored(states.get(part.path())));
            } catch (StateException e) {
                wrong.add(plan(part.path()).refusal(part.path(), Answer.Plan.NOT_RESTORED, e));
            } catch (RuntimeException e) {
                // A device must not take it down, whatever it thinks of a state.
                wrong.add(plan(part.path()).refusal(part.path(), Answer.Plan.NOT_RESTORED, new StateException("", Reason.causeOf(e))));
            }
        }
        refuse(wrong);
        var parts = machine.parts().stream().collect(Collectors.toMap(Part::path, part -> part));
        var digests = new TreeMap<String, byte[]>();
        for (Manifest.Section section : manifest.sections()) {
            try {
                var held = plan(section.path()).received(parts.get(section.path()).state());
                digests.put(section.path(), SectionCodec.digest(texts, section.schema(), held));
            } catch (StateException e) {
                wrong.add(plan(section.path()).refusal(section.path(), Answer.Plan.NOT_BACK, e));
            }
        }
        refuse(wrong);
        return digests;
    }

    /** The fields that a section does not have. */
    private SortedSet<FieldPath> left(String path) {
        return whole ? new TreeSet<>() : plan(path).dropped();
    }

    private Answer.Plan plan(String path) {
        return answer.plans().get(path);
    }

    private static void refuse(ArrayList<Reason> wrong) throws Failure {
        if (!wrong.isEmpty()) {
            throw new Failure(Failure.Origin.HERE, wrong);
        }
    }
}
