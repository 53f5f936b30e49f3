package org.sterna.machine.virt.internal.boot;

import java.util.ArrayList;
import java.util.List;
import org.sterna.machine.MachineException;
import org.sterna.machine.memory.GuestMemory;

/** Keeps what is put into guest memory inside it and apart. */
final class Placements {
    private final GuestMemory memory;
    private final List<Placement> taken = new ArrayList<>();

    private record Placement(String property, String what, Range range) {
    }

    Placements(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Takes a range.
     *
     * @param property the property of the board that it comes from
     * @param what     what goes there, in words
     * @throws MachineException if it is not all in guest memory, or is taken
     */
    void take(String property, String what, Range range) {
        var placement = new Placement(property, what, range);
        long length = range.end() - range.start();
        if (!memory.contains(range.start(), length)) {
            throw MachineException.failed("/virt", property,
                what + " needs " + length + " bytes at " + range + ", but guest memory is "
                    + Range.of(memory.base(), memory.size()) + " (" + (memory.size() >> 20) + " MiB)",
                "give the machine more memory with --memory, or a smaller file");
        }
        for (Placement other : taken) {
            if (other.range().overlaps(range)) {
                throw MachineException.failed("/virt", property,
                    what + " at " + range + " does not fit beside " + other.what() + " at " + other.range()
                        + " in " + (memory.size() >> 20) + " MiB of guest memory",
                    "give the machine more memory with --memory, or a smaller file");
            }
        }
        taken.add(placement);
    }
}
