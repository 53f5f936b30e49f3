package org.sterna.launcher.internal.control;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import org.sterna.launcher.internal.Json;

/** A client that knows nothing but bytes: it sends text and reads lines. */
final class RawClient implements AutoCloseable {
    private final SocketChannel channel;
    private final BufferedReader lines;
    private final JsonNode greeting;

    /** Connects and reads the greeting. */
    RawClient(SocketAddress address) throws IOException {
        channel = SocketChannel.open(address);
        lines = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        greeting = read();
        assertTrue(greeting.at("/QMP/version/qemu").isObject());
    }

    JsonNode greeting() {
        return greeting;
    }

    void send(String text) throws IOException {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** The next line, or null at the end. */
    String line() throws IOException {
        return lines.readLine();
    }

    JsonNode read() throws IOException {
        return Json.read(line().getBytes(StandardCharsets.UTF_8));
    }

    /** The answer to a request; events that come before it are left out. */
    JsonNode ask(String text) throws IOException {
        send(text + "\n");
        JsonNode answer = read();
        while (answer.has("event")) {
            answer = read();
        }
        return answer;
    }

    /** Reads to the end of the connection; what came until then. */
    String rest() {
        var text = new StringBuilder();
        try {
            for (String line = line(); line != null; line = line()) {
                text.append(line).append('\n');
            }
        } catch (IOException reset) {
            text.append("(reset)\n");
        }
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
