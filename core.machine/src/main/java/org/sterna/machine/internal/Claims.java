package org.sterna.machine.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.sterna.machine.Machines;
import org.sterna.machine.lease.Resource;

/** What is claimed for a device whose bundle does not say what it needs, since it is older than the question. */
final class Claims {
    /** The kind of a file in its mode (inode(7)). */
    private static final int KIND = 0xf000;
    private static final int REGULAR = 0x8000;
    private static final int BLOCK_DEVICE = 0x6000;

    private Claims() {
    }

    /** Each file that one of its host properties names, for itself alone unless this user must not write it. */
    static List<Resource> guessed(String path, Map<String, Object> host) {
        return host.entrySet().stream().filter(setting -> !setting.getKey().equals(Machines.BUNDLE))
            .filter(setting -> setting.getValue() instanceof String)
            .map(setting -> file(path, setting.getKey(), (String) setting.getValue())).filter(Objects::nonNull).toList();
    }

    private static Resource file(String device, String property, String text) {
        try {
            Path path = Path.of(text).toRealPath();
            int kind = (int) Files.getAttribute(path, "unix:mode") & KIND;
            return kind == REGULAR || kind == BLOCK_DEVICE ? new Resource(device, property, path.toUri(), Files.isWritable(path))
                : null;
        } catch (IOException | InvalidPathException e) {
            return null;
        }
    }
}
