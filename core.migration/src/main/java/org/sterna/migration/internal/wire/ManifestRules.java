package org.sterna.migration.internal.wire;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.state.Criticality;
import org.sterna.migration.internal.negotiation.FieldPath;
import org.sterna.migration.internal.negotiation.Fields;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.RestoreOrder;

/** What must agree within a manifest (specification, section 5.2). Nothing of this depends on who reads it. */
final class ManifestRules {
    private final String from;
    private final Manifest manifest;

    private ManifestRules(String from, Manifest manifest) {
        this.from = from;
        this.manifest = manifest;
    }

    /**
     * Checks a manifest.
     *
     * @throws Failure with the first thing that contradicts another, or names what there is not
     */
    static void check(String from, Manifest manifest) throws Failure {
        var rules = new ManifestRules(from, manifest);
        rules.checkParts();
        rules.checkRegions();
        rules.checkHost();
        rules.checkOrder();
        for (Manifest.Section section : manifest.sections()) {
            rules.checkNotDefault(section);
        }
    }

    private Failure wrong(String what) {
        return Failure.here(from, "sent a manifest " + what, "");
    }

    /** A section of what the machine does not have is for the verdict to speak of: a later version may have such. */
    private void checkParts() throws Failure {
        var sections = new HashMap<String, String>();
        for (Manifest.Section section : manifest.sections()) {
            if (sections.put(section.path(), section.type()) != null) {
                throw wrong("with two sections " + section.path());
            }
        }
        for (var part : Manifest.parts(manifest.abi()).entrySet()) {
            String type = sections.get(part.getKey());
            if (type == null) {
                throw wrong("without a section " + part.getKey() + ", which its ABI document has");
            }
            if (!type.equals(part.getValue())) {
                throw wrong("whose section " + part.getKey() + " is of type " + type + ", in its ABI document of type "
                    + part.getValue());
            }
        }
    }

    private void checkRegions() throws Failure {
        if (manifest.regions().size() != 1) {
            throw wrong("with " + manifest.regions().size() + " bulk regions; in this version there is one");
        }
        Manifest.Region ram = manifest.regions().getFirst();
        if (!ram.name().equals(Manifest.Region.RAM) || ram.pageSize() != GuestMemory.PAGE_SIZE) {
            throw wrong("with the bulk region " + ram.name() + " of pages of " + ram.pageSize()
                + " bytes; in this version there is " + Manifest.Region.RAM + ", of pages of " + GuestMemory.PAGE_SIZE);
        }
        long memory = manifest.abi().memory();
        if (ram.size() != memory || memory % GuestMemory.PAGE_SIZE != 0
                || memory / GuestMemory.PAGE_SIZE > Integer.MAX_VALUE
                || ram.base() > Long.MAX_VALUE - memory) {
            throw wrong("whose bulk region " + Manifest.Region.RAM + " has " + ram.size() + " bytes from " + ram.base()
                + " on, the memory of its ABI document " + memory);
        }
    }

    private void checkHost() throws Failure {
        for (String path : manifest.host().keySet()) {
            if (manifest.abi().part(path).isEmpty()) {
                throw wrong("with host properties of " + path + ", which its ABI document does not have");
            }
        }
    }

    private void checkOrder() throws Failure {
        Set<String> paths = manifest.sections().stream().map(Manifest.Section::path).collect(Collectors.toSet());
        var order = new RestoreOrder();
        for (Manifest.Section section : manifest.sections()) {
            for (String before : section.after()) {
                if (!paths.contains(before)) {
                    throw wrong("whose section " + section.path() + " comes after " + before + ", which there is not");
                }
            }
            order.add(section.path(), section.after());
        }
        var unordered = order.unordered();
        if (!unordered.isEmpty()) {
            throw wrong("in which the sections " + String.join(", ", unordered)
                + " come after one another in a circle");
        }
    }

    private void checkNotDefault(Manifest.Section section) throws Failure {
        var droppable = new HashSet<FieldPath>();
        for (var field : Fields.all(section.schema().fields())) {
            if (field.field().criticality() == Criticality.IGNORABLE_IF_DEFAULT) {
                droppable.add(field.path());
            }
        }
        for (FieldPath path : section.notDefault()) {
            if (!droppable.contains(path)) {
                throw wrong("whose section " + section.path() + " says in not-default " + path.ids()
                    + ", which is no field that can be left out if it has its default");
            }
        }
    }
}
