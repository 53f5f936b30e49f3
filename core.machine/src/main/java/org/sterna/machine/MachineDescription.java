package org.sterna.machine;

import java.util.List;
import org.sterna.machine.abi.AbiDocument;

/**
 * The guest ABI of a machine that has not been made.
 *
 * @param abi  the guest ABI, without the properties that are still open
 * @param open the guest properties that will be read off the host when the machine is created; the subject of each is
 *             the device, the item the property, and the cause says why it could not be read now
 */
public record MachineDescription(AbiDocument abi, List<Reason> open) {
    /** Copies the list. */
    public MachineDescription {
        open = List.copyOf(open);
    }
}
