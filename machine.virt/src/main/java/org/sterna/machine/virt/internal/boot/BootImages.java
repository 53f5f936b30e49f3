package org.sterna.machine.virt.internal.boot;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.sterna.machine.Reason;

/**
 * What a user gives a machine to boot; each may be null.
 *
 * @param bios      the path of the guest's own firmware
 * @param kernel    the path of a kernel
 * @param initrd    the path of an initial RAM disk
 * @param arguments the kernel's arguments
 */
public record BootImages(String bios, String kernel, String initrd, String arguments) {
    /**
     * Reports which files could not be read now, without opening any.
     *
     * @param board the board's path, for messages
     */
    public List<Reason> obstacles(String board) {
        var files = new LinkedHashMap<String, String>();
        files.put("bios", bios);
        files.put("kernel", kernel);
        files.put("initrd", initrd);
        var reasons = new ArrayList<Reason>();
        files.forEach((property, file) -> {
            String cause = file == null ? "" : cause(file);
            if (!cause.isEmpty()) {
                reasons.add(new Reason(board, property, file + " " + cause + ", so the guest could not restart",
                    "put the image there, or give another"));
            }
        });
        return reasons;
    }

    /** What is wrong with a file, or the empty string. */
    private static String cause(String file) {
        try {
            Path path = Path.of(file);
            return !Files.exists(path) ? "does not exist" : !Files.isRegularFile(path) ? "is not a file"
                : Files.isReadable(path) ? "" : "must not be read by this user";
        } catch (InvalidPathException e) {
            return "is not a path: " + e.getReason();
        }
    }
}
