package org.sterna.launcher.internal.control;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sterna.launcher.internal.host.HostUser;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;

/** Where the control sockets of this user's machines are, and what a client needs to use them. */
public final class ControlAddress {
    /** The environment variable that names a file with the token for control sockets on TCP of other hosts. */
    public static final String TOKEN_FILE = "STERNA_CONTROL_TOKEN_FILE";

    private final ControlFolder folder;
    private final HostUser user;
    private final Optional<Path> tokenFile;

    private ControlAddress(ControlFolder folder, HostUser user, Optional<Path> tokenFile) {
        this.folder = folder;
        this.user = user;
        this.tokenFile = tokenFile;
    }

    /** The addresses that follow from environment variables. */
    public static ControlAddress of(Map<String, String> environment) {
        String name = environment.getOrDefault("USER", System.getProperty("user.name"));
        HostUser user = HostUser.current();
        return new ControlAddress(
            new ControlFolder(Path.of(environment.getOrDefault("XDG_RUNTIME_DIR", "/tmp"), "sterna-" + name), user), user,
            Optional.ofNullable(environment.get(TOKEN_FILE)).map(Path::of));
    }

    /**
     * The control socket of a machine that is named by its control URI or by its name.
     *
     * @throws MachineException if the text is neither, or the folder of control sockets cannot be trusted
     */
    public ControlTarget find(String machine) {
        if (machine.startsWith("unix:")) {
            return new ControlTarget(Endpoint.parse(machine), Optional.empty());
        }
        if (machine.startsWith("tcp:")) {
            return tcp((Endpoint.Tcp) Endpoint.parse(machine));
        }
        Endpoint.Unix socket = named(machine);
        if (!folder.hasSocket(machine)) {
            Optional<TcpControl> published = folder.tcp().stream().filter(control -> control.name().equals(machine)).findFirst();
            if (published.isPresent()) {
                return new ControlTarget(published.get().endpoint(), Optional.of(published.get().token()));
            }
        }
        return new ControlTarget(socket, Optional.empty());
    }

    private ControlTarget tcp(Endpoint.Tcp endpoint) {
        Optional<ControlToken> token = folder.tcp().stream().filter(control -> control.isAt(endpoint)).findFirst()
            .map(TcpControl::token).or(() -> tokenFile.map(this::token));
        return new ControlTarget(endpoint, token);
    }

    /**
     * The token in a file of this user.
     *
     * @throws MachineException (usage) if the file holds none, or is not this user's alone
     */
    public ControlToken token(Path file) {
        return ControlToken.read(file, user);
    }

    /** The control socket of a name. */
    public Endpoint.Unix named(String name) {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,47}")) {
            throw MachineException.usage(name, "", "not a machine's name or control URI",
                "use up to 48 letters, digits, dots, hyphens and underscores, or write tcp:HOST:PORT or unix:PATH");
        }
        return new Endpoint.Unix(folder.socket(name));
    }

    /** The names of all machines of this user. */
    public List<String> names() {
        return folder.names();
    }

    /**
     * Makes the folder.
     *
     * @throws MachineException if there is one that is not this user's
     */
    public void prepare() {
        folder.prepare();
    }

    /**
     * Tells this user's other commands of a control socket on TCP, until the result is closed.
     *
     * @throws MachineException if that cannot be written down
     */
    public AutoCloseable publish(String name, Endpoint.Tcp endpoint, ControlToken token) {
        return folder.publish(TcpControl.here(name, endpoint, token));
    }
}
