package org.sterna.launcher.internal.control;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.sterna.launcher.internal.host.HostUser;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.host.FileUse;
import org.sterna.machine.host.UnixSocketFile;

/**
 * The folder of one user's control sockets: a file {@code NAME.sock} for each Unix domain socket, and one that ends in {@code .tcp}
 * for each that is on TCP, with the token for it. Whoever may write there could command the user's machines, or answer in their
 * place; so owner and permissions are checked before anything in it is used, by processes that listen and by those that connect.
 */
final class ControlFolder {
    private static final String SOCKET = ".sock";
    private static final String TCP = ".tcp";
    /** What a file with a token is called until all of it is there, which takes no time. */
    private static final String UNFINISHED = "unfinished";
    private static final Duration YOUNG = Duration.ofMinutes(1);
    private static final String REMEDY = "set XDG_RUNTIME_DIR to a folder of your own, or name a socket with --control";

    private final Path folder;
    private final HostUser user;

    ControlFolder(Path folder, HostUser user) {
        this.folder = folder;
        this.user = user;
    }

    /**
     * Makes the folder if there is none, and deletes what processes have left there that were killed.
     *
     * @throws MachineException if it is not a folder of this user, or cannot be made
     */
    void prepare() {
        try {
            if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            requireOwn();
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw refused("cannot keep control sockets there: " + Reason.causeOf(e), REMEDY);
        }
        names();
        deleteUnfinished();
    }

    /** What processes have left that were killed while they wrote a token. */
    private void deleteUnfinished() {
        for (Path file : files(UNFINISHED + "*")) {
            try {
                Instant written = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
                if (written.isBefore(Instant.now().minus(YOUNG)) && Files.isRegularFile(file,
                        LinkOption.NOFOLLOW_LINKS)) {
                    Files.deleteIfExists(file);
                }
            } catch (IOException e) {
                // The next one tries it again.
            }
        }
    }

    private void requireOwn() throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            throw refused("the folder of control sockets is not a folder", REMEDY);
        }
        if (!user.owns(folder)) {
            throw refused("the folder of control sockets belongs to another user", REMEDY);
        }
    }

    /**
     * Checks that nobody else can have put there what is in the folder.
     *
     * @return false if there is no folder
     * @throws MachineException if the folder, or who may write to it, is not as it should be
     */
    private boolean trusted() {
        try {
            if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
            requireOwn();
            if (!HostUser.onlyOwnerWrites(folder)) {
                throw refused("other users may write to the folder of control sockets", "look at what is in it, then: chmod 700 " + folder);
            }
            return true;
        } catch (IOException e) {
            throw refused("cannot look at the folder of control sockets: " + Reason.causeOf(e), REMEDY);
        }
    }

    /** Where the socket of a name is for a process that listens. */
    Path socket(String name) {
        return folder.resolve(name + SOCKET);
    }

    /**
     * Whether there is a socket of a name to connect to.
     *
     * @throws MachineException if it may be somebody else's
     */
    boolean hasSocket(String name) {
        Path socket = socket(name);
        if (!trusted() || !Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!isOwn(socket)) {
            throw MachineException.failed(socket.toString(), "", "the control socket belongs to another user", "delete it");
        }
        return true;
    }

    private boolean isOwn(Path file) {
        try {
            return user.owns(file);
        } catch (IOException gone) {
            return false;
        }
    }

    /** The names of all machines here, in alphabetical order. What processes have left that were killed is deleted. */
    List<String> names() {
        var names = new TreeSet<String>();
        for (Path file : files("*" + SOCKET)) {
            try {
                UnixSocketFile.removeStale(file);
            } catch (IOException inUse) {
                String name = file.getFileName().toString();
                names.add(name.substring(0, name.length() - SOCKET.length()));
            }
        }
        tcp().forEach(control -> names.add(control.name()));
        return List.copyOf(names);
    }

    /** The control sockets on TCP of this user's machines on this host. */
    List<TcpControl> tcp() {
        var controls = new ArrayList<TcpControl>();
        for (Path file : files("*" + TCP)) {
            try {
                TcpControl control = TcpControl.read(Files.readAllBytes(file));
                if (control.lives()) {
                    controls.add(control);
                } else {
                    Files.deleteIfExists(file);
                }
            } catch (IOException e) {
                // It has just gone, or says nothing that can be used.
            }
        }
        return controls;
    }

    private List<Path> files(String pattern) {
        var own = new ArrayList<Path>();
        if (trusted()) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
                files.forEach(file -> {
                    if (isOwn(file)) {
                        own.add(file);
                    }
                });
            } catch (IOException e) {
                throw refused("cannot look at the folder of control sockets: " + Reason.causeOf(e), REMEDY);
            }
        }
        return own;
    }

    /** Tells this user's other commands of a control socket on TCP, until it is closed. The folder has been prepared. */
    AutoCloseable publish(TcpControl control) {
        Path file = folder.resolve(control.endpoint().host().replaceAll("[^A-Za-z0-9.]", "_") + "_" + control.endpoint().port() + TCP);
        try {
            Path unfinished = Files.createTempFile(folder, UNFINISHED, "");
            try {
                Files.write(unfinished, control.write());
                Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(unfinished);
            }
        } catch (IOException e) {
            throw refused("cannot write the token of the control socket there: " + Reason.causeOf(e), REMEDY);
        }
        FileUse use = FileUse.of(file, "the control socket " + control.endpoint());
        return () -> {
            try (use) {
                Files.deleteIfExists(file);
            }
        };
    }

    private MachineException refused(String cause, String remedy) {
        return MachineException.failed(folder.toString(), "", cause, remedy);
    }
}
