package org.sterna.machine.abi;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * One thing that a guest would notice if it found itself in another machine. The name of the machine type and the minor
 * ABI versions are none: whatever a guest can see follows from the values of properties.
 *
 * @param kind what differs
 * @param path the part, or the empty string for the machine
 * @param item the name of the property, or of the machine's or part's own value
 * @param a    the value in the one machine, or null if it is not in its document
 * @param b    the value in the other machine, or null if it is not in its document
 */
public record AbiDifference(Kind kind, String path, String item, Object a, Object b) {
    /** What differs. */
    public enum Kind {
        /** Memory, the number of processors, the type of the board or of the processors. */
        MACHINE,
        /** A device of which the other machine has none at that path; the values are the device's type. */
        DEVICE,
        /** Where a part is ({@code slot}), or the major number of its ABI ({@code abi}). */
        PART,
        /** A guest property; a value that is null is the one that stands for its absence. */
        PROPERTY
    }

    /** The differences between two documents, the machine's own first, then part by part. */
    public static List<AbiDifference> between(AbiDocument a, AbiDocument b) {
        var found = new ArrayList<AbiDifference>();
        note(found, Kind.MACHINE, "", "memory", a.memory(), b.memory());
        note(found, Kind.MACHINE, "", "processors", (long) a.processors(), (long) b.processors());
        note(found, Kind.MACHINE, "", "board", a.board().type(), b.board().type());
        note(found, Kind.MACHINE, "", "processor", a.processor().type(), b.processor().type());
        compare(found, "/" + a.board().type(), a.board(), b.board());
        compare(found, "/" + a.processor().type(), a.processor(), b.processor());
        var paths = new TreeSet<>(a.devices().keySet());
        paths.addAll(b.devices().keySet());
        for (String path : paths) {
            PartAbi here = a.devices().get(path);
            PartAbi there = b.devices().get(path);
            note(found, Kind.DEVICE, path, "", here == null ? null : here.type(), there == null ? null : there.type());
            if (here != null && there != null) {
                compare(found, path, here, there);
            }
        }
        return found;
    }

    private static void compare(List<AbiDifference> found, String path, PartAbi a, PartAbi b) {
        if (!a.type().equals(b.type())) {
            return;
        }
        note(found, Kind.PART, path, "slot", (long) a.slot(), (long) b.slot());
        note(found, Kind.PART, path, "abi", (long) a.abi().major(), (long) b.abi().major());
        var names = new TreeSet<>(a.settings().keySet());
        names.addAll(b.settings().keySet());
        for (String name : names) {
            note(found, Kind.PROPERTY, path, name, value(a, name), value(b, name));
        }
    }

    private static Object value(PartAbi part, String name) {
        Setting setting = part.settings().get(name);
        return setting == null ? null : setting.value();
    }

    private static void note(List<AbiDifference> found, Kind kind, String path, String item, Object a, Object b) {
        if (!Objects.equals(a, b)) {
            found.add(new AbiDifference(kind, path, item, a, b));
        }
    }
}
