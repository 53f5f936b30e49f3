package org.sterna.launcher.internal.command;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sterna.machine.MachineException;

/** Host properties of an arriving machine as the command line gives them: {@code /virtio-blk@0.drive=/path}. */
final class HostMapping {
    private HostMapping() {
    }

    /** The properties by path and name. */
    static Map<String, Map<String, String>> parse(List<String> mappings) {
        var properties = new HashMap<String, Map<String, String>>();
        for (String mapping : mappings) {
            int equals = mapping.indexOf('=');
            int dot = equals < 0 ? -1 : mapping.lastIndexOf('.', equals);
            if (!mapping.startsWith("/") || dot < 2 || dot + 1 == equals
                    || properties.computeIfAbsent(mapping.substring(0, dot), path -> new HashMap<>())
                        .put(mapping.substring(dot + 1, equals), mapping.substring(equals + 1)) != null) {
                throw MachineException.usage("--map", "", "'" + mapping + "' is not PATH.property=value, each once",
                    "write for example --map /virtio-blk@0.drive=/disks/guest.img");
            }
        }
        return properties;
    }
}
