package org.sterna.machine.internal;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sterna.machine.abi.Configuration;
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

    /**
     * A device to be made.
     *
     * @param slot the number of its slot among those of its kind
     */
    record DeviceBlueprint(Installed<DeviceFactory> installed, Configuration configuration, int slot) {
    }
}
