package org.sterna.launcher.internal.control;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;

/** Where the control sockets of this user's machines are: one file per machine, in a folder for this user only. */
public final class ControlAddress {
    private static final String SUFFIX = ".sock";

    private final Path folder;

    private ControlAddress(Path folder) {
        this.folder = folder;
    }

    /** The addresses that follow from environment variables. */
    public static ControlAddress of(Map<String, String> environment) {
        String user = environment.getOrDefault("USER", System.getProperty("user.name"));
        return new ControlAddress(Path.of(environment.getOrDefault("XDG_RUNTIME_DIR", "/tmp"), "sterna-" + user));
    }

    /** The control socket of a machine that is named by its control URI or by its name. */
    public Endpoint find(String machine) {
        return machine.startsWith("unix:") || machine.startsWith("tcp:") ? Endpoint.parse(machine) : named(machine);
    }

    /** The control socket of a name. */
    public Endpoint named(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,47}")) {
            throw MachineException.usage(name, "", "not a machine's name or control URI",
                "use up to 48 letters, digits, dots, hyphens and underscores, or write tcp:HOST:PORT or unix:PATH");
        }
        return new Endpoint.Unix(folder.resolve(name + SUFFIX));
    }

    /** The names that have a socket here, whether or not anybody listens. */
    public List<String> names() {
        var names = new ArrayList<String>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                names.add(name.substring(0, name.length() - SUFFIX.length()));
            }
        } catch (IOException e) {
            return List.of();
        }
        Collections.sort(names);
        return names;
    }

    /** Makes the folder, and refuses one that somebody else has made. */
    public void prepare() {
        try {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rwx------")));
            }
            Path own = Files.createTempFile(folder, ".owner", "");
            boolean ours = Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own));
            Files.delete(own);
            if (ours) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
                return;
            }
            throw MachineException.failed(folder.toString(), "", "the folder of control sockets belongs to another user",
                "set XDG_RUNTIME_DIR, or name a socket with --control");
        } catch (IOException e) {
            throw MachineException.failed(folder.toString(), "", "cannot keep control sockets there: "
                + Sockets.describe(e), "set XDG_RUNTIME_DIR, or name a socket with --control");
        }
    }
}
