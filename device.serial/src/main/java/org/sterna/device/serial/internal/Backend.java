package org.sterna.device.serial.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.host.UnixSocketFile;

/** What a device's host properties say is at the other end of the line. */
sealed interface Backend {
    /** Opens it; nothing is held if that fails. */
    Link open() throws IOException;

    /** Opens it with what a predecessor has passed on; nothing is held or left open if that fails. */
    default Link open(Connections passedOn) throws IOException {
        passedOn.close();
        return open();
    }

    /** Looks whether it could be opened if nobody else had it; opens and creates nothing. */
    default void look() throws IOException {
    }

    /** The property that says where it is. */
    default Property<String> property() {
        return SerialFactory.BACKEND;
    }

    /** What to do if it cannot be opened for some reason. */
    default String remedy(Exception why) {
        return "";
    }

    /**
     * Reads the properties.
     *
     * @throws MachineException (usage) if one is missing or malformed
     */
    static Backend of(DeviceContext context) {
        String kind = context.get(SerialFactory.BACKEND);
        return switch (kind) {
            case "stdio" -> new Standard();
            case "file" -> new AppendedFile(path(context, "name the file to append to"),
                context.get(SerialFactory.SPECIAL_FILE), context.get(SerialFactory.MAX_SIZE));
            case "tcp" -> new Tcp(address(context));
            case "unix" -> new Unix(path(context, "name the socket to listen on"));
            default -> new Nothing();
        };
    }

    private static void lookForFolderOf(Path path) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new NoSuchFileException(path.toString());
        }
        if (!Files.isWritable(folder)) {
            throw new AccessDeniedException(folder.toString());
        }
    }

    private static Path path(DeviceContext context, String remedy) {
        String text = given(context, SerialFactory.PATH, remedy + ": path=FILE");
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw MachineException.usage(context.path(), SerialFactory.PATH.name(), "'" + text + "' is not a path",
                remedy);
        }
    }

    private static InetSocketAddress address(DeviceContext context) {
        String remedy = "write address=HOST:PORT with a port from 1 to 65535";
        String text = given(context, SerialFactory.ADDRESS, remedy);
        int colon = text.lastIndexOf(':');
        String digits = text.substring(colon + 1);
        int port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : 0;
        if (colon > 0 && port >= 1 && port <= 65535) {
            return InetSocketAddress.createUnresolved(text.substring(0, colon), port);
        }
        throw MachineException.usage(context.path(), SerialFactory.ADDRESS.name(), "'" + text + "' is not HOST:PORT",
            remedy);
    }

    private static String given(DeviceContext context, Property<String> property, String remedy) {
        String text = context.get(property);
        if (text == null || text.isEmpty()) {
            throw MachineException.usage(context.path(), property.name(),
                "backend=" + context.get(SerialFactory.BACKEND) + " needs it", remedy);
        }
        return text;
    }

    /** Nothing. */
    record Nothing() implements Backend {
        @Override
        public Link open() {
            return new NullLink();
        }
    }

    /** Standard input and output of this process. */
    record Standard() implements Backend {
        @Override
        public Link open() throws IOException {
            return open(Connections.NONE);
        }

        @Override
        public Link open(Connections passedOn) throws IOException {
            return new StandardLink(passedOn);
        }
    }

    /**
     * A file that is appended to.
     *
     * @param path    where it is
     * @param special whether it may be a FIFO, a terminal or another special file
     * @param longest how long a file may become in bytes, or 0 if that does not matter
     */
    record AppendedFile(Path path, boolean special, long longest) implements Backend {
        @Override
        public Link open() throws IOException {
            return isSpecial() ? new SpecialFileLink(openSpecial()) : new FileLink(path, longest);
        }

        /** Opening one that is not meant may never return: a FIFO waits for its other end. */
        private boolean isSpecial() throws IOException {
            if (!Files.exists(path) || Files.isRegularFile(path)) {
                return false;
            }
            if (Files.isDirectory(path)) {
                throw new IOException("it is a directory");
            }
            if (!special) {
                throw new SpecialFileException();
            }
            return true;
        }

        /** Who opens a FIFO for reading too does not wait for another reader. */
        private FileChannel openSpecial() throws IOException {
            try {
                return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            } catch (AccessDeniedException e) {
                return FileChannel.open(path, StandardOpenOption.WRITE);
            }
        }

        @Override
        public void look() throws IOException {
            try {
                Files.readAttributes(path, BasicFileAttributes.class);
            } catch (NoSuchFileException e) {
                lookForFolderOf(path);
                return;
            }
            if (!Files.isWritable(path)) {
                throw new AccessDeniedException(path.toString());
            }
            isSpecial();
        }

        @Override
        public Property<String> property() {
            return SerialFactory.PATH;
        }

        @Override
        public String remedy(Exception why) {
            return why instanceof SpecialFileException ? "give special-file=on if it is meant, or name a file"
                : "name a file that can be written in a directory that exists";
        }
    }

    /**
     * A TCP port to listen on.
     *
     * @param address host and port, not resolved yet
     */
    record Tcp(InetSocketAddress address) implements Backend {
        private InetSocketAddress resolved() throws IOException {
            var resolved = new InetSocketAddress(address.getHostString(), address.getPort());
            if (resolved.isUnresolved()) {
                throw new IOException("no such host: " + address.getHostString());
            }
            return resolved;
        }

        @Override
        public void look() throws IOException {
            InetAddress here = resolved().getAddress();
            if (!here.isAnyLocalAddress() && NetworkInterface.getByInetAddress(here) == null) {
                throw new IOException("this host does not have the address " + here.getHostAddress());
            }
        }

        @Override
        public Link open() throws IOException {
            var server = ServerSocketChannel.open();
            try {
                server.bind(resolved(), 1);
                return new SocketLink(server, () -> { });
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
        }

        @Override
        public Link open(Connections passedOn) throws IOException {
            return SocketLink.canGoOn(passedOn) ? SocketLink.goOn(passedOn, () -> { }) : Backend.super.open(passedOn);
        }

        @Override
        public Property<String> property() {
            return SerialFactory.ADDRESS;
        }

        @Override
        public String remedy(Exception why) {
            return "choose an address of this host and a port that is free";
        }
    }

    /**
     * A Unix domain socket to listen on.
     *
     * @param path where it is
     */
    record Unix(Path path) implements Backend {
        @Override
        public Link open() throws IOException {
            UnixSocketFile.removeStale(path);
            var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                server.bind(UnixDomainSocketAddress.of(path), 1);
                return new SocketLink(server, UnixSocketFile.of(path)::delete);
            } catch (IOException | RuntimeException e) {
                server.close();
                throw e;
            }
        }

        @Override
        public Link open(Connections passedOn) throws IOException {
            return SocketLink.canGoOn(passedOn) ? SocketLink.goOn(passedOn, UnixSocketFile.of(path)::delete)
                : Backend.super.open(passedOn);
        }

        @Override
        public void look() throws IOException {
            lookForFolderOf(path);
            UnixSocketFile.requireSocketOrNothing(path);
        }

        @Override
        public Property<String> property() {
            return SerialFactory.PATH;
        }

        @Override
        public String remedy(Exception why) {
            return "name a socket that nothing else uses, in a directory that exists";
        }
    }
}
