package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import org.sterna.launcher.internal.Json;
import org.sterna.machine.MachineException;
import org.sterna.migration.Endpoint;

/**
 * A control socket on TCP as its process tells the other commands of the same user of it.
 *
 * @param name     the machine's name
 * @param endpoint where the socket is
 * @param token    what a client must know
 * @param process  the number of the process
 * @param started  when that process has started, in milliseconds since 1970, or 0 if the host does not say
 */
record TcpControl(String name, Endpoint.Tcp endpoint, ControlToken token, long process, long started) {
    /** One of this process. */
    static TcpControl here(String name, Endpoint.Tcp endpoint, ControlToken token) {
        ProcessHandle self = ProcessHandle.current();
        return new TcpControl(name, endpoint, token, self.pid(), started(self));
    }

    private static long started(ProcessHandle process) {
        return process.info().startInstant().map(start -> start.toEpochMilli()).orElse(0L);
    }

    /** Whether its process is there still, so that nobody else can listen at its address. */
    boolean lives() {
        return ProcessHandle.of(process).filter(ProcessHandle::isAlive).filter(handle -> started(handle) == started).isPresent();
    }

    /** Whether a client that connects to an address comes to this socket. */
    boolean isAt(Endpoint.Tcp target) {
        InetAddress listens = new InetSocketAddress(endpoint.host(), endpoint.port()).getAddress();
        InetAddress wanted = new InetSocketAddress(target.host(), target.port()).getAddress();
        return endpoint.port() == target.port() && listens != null && wanted != null
            && (listens.isAnyLocalAddress() ? isOfThisHost(wanted) : listens.equals(wanted));
    }

    private static boolean isOfThisHost(InetAddress address) {
        try {
            return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    byte[] write() {
        ObjectNode json = Json.object().put("name", name).put("uri", endpoint.toString()).put("token", token.text())
            .put("process", process).put("started", started);
        return (Json.write(json) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Reads what {@link #write} has written.
     *
     * @throws IOException if it is anything else
     */
    static TcpControl read(byte[] bytes) throws IOException {
        JsonNode json = Json.read(bytes);
        try {
            if (Endpoint.parse(json.path("uri").asText()) instanceof Endpoint.Tcp tcp) {
                return new TcpControl(json.path("name").asText(), tcp, new ControlToken(json.path("token").asText()),
                    json.path("process").asLong(), json.path("started").asLong());
            }
        } catch (MachineException | IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        throw new IOException("not a control socket on TCP");
    }
}
