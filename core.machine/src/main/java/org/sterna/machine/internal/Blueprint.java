package org.sterna.machine.internal;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.processor.ProcessorFactory;

/**
 * Everything that a machine is made of, checked and resolved.
 *
 * @param devices by path
 */
record Blueprint(String name, String machineType, long memory, int processors, Installed<BoardFactory> board,
        Configuration boardConfiguration, Installed<ProcessorFactory> processor, Configuration processorConfiguration,
        Map<String, DeviceBlueprint> devices) {
    Blueprint {
        devices = Collections.unmodifiableMap(new LinkedHashMap<>(devices));
    }

    String boardPath() {
        return "/" + board.model().type();
    }

    String processorPath(int index) {
        return "/" + processor.model().type() + "@" + index;
    }

    /** The guest ABI, as far as it has been fixed by now. */
    AbiDocument abi() {
        var parts = new TreeMap<String, PartAbi>();
        devices.forEach((path, device) -> parts.put(path, device.configuration().part(device.slot())));
        return abi(parts);
    }

    /** The guest ABI with that of the devices, by path. */
    AbiDocument abi(SortedMap<String, PartAbi> parts) {
        return new AbiDocument(machineType, memory, processors, boardConfiguration.part(0), processorConfiguration.part(0),
            parts);
    }

    /** Without the devices, whose implementations may be replaced. */
    Blueprint withoutDevices() {
        return new Blueprint(name, machineType, memory, processors, board, boardConfiguration, processor, processorConfiguration,
            Map.of());
    }

    /**
     * A device to be made.
     *
     * @param slot the number of its slot among those of its kind
     */
    record DeviceBlueprint(Installed<DeviceFactory> installed, Configuration configuration, int slot) {
    }
}
