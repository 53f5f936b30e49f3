package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The events of both sides of a migration, as a program sees them that listens to both control sockets. */
@Timeout(120)
class EventOrderTest {
    @TempDir
    Path folder;
    private Sterna sterna;

    @BeforeEach
    void start() throws Exception {
        sterna = new Sterna(folder);
        sterna.guest("guest", "virt-1.0", "--device", "serial,backend=stdio");
        sterna.receiver("there");
    }

    @AfterEach
    void close() throws InterruptedException {
        sterna.close();
    }

    /**
     * An event.
     *
     * @param what its name, and the status if there is one
     * @param when in microseconds, by this host's clock
     */
    private record Event(String what, long when) {
    }

    /** A client that listens to a machine. */
    private final class Listener implements AutoCloseable {
        private final SocketChannel channel;
        private final BufferedReader lines;

        Listener(String name) throws IOException {
            channel = Sterna.connect(UnixDomainSocketAddress.of(folder.resolve(name + ".sock")));
            lines = new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
            lines.readLine();
            channel.write(StandardCharsets.UTF_8.encode("{\"execute\":\"qmp_capabilities\"}\n"));
            lines.readLine();
        }

        /** What comes until and with an event. */
        List<Event> until(String last) throws IOException {
            var events = new ArrayList<Event>();
            do {
                JsonNode message = new ObjectMapper().readTree(lines.readLine());
                JsonNode time = message.get("timestamp");
                String what = message.at("/event").asText() + " " + message.at("/data/status").asText();
                long when = time.get("seconds").asLong() * 1_000_000 + time.get("microseconds").asLong();
                events.add(new Event(what.strip(), when));
            } while (!events.getLast().what().equals(last));
            return events;
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Test
    void theDestinationResumesAfterTheSourceHasStoppedAndBeforeItHasCompleted() throws Exception {
        try (var source = new Listener("guest"); var destination = new Listener("there")) {
            sterna.migrate("guest", sterna.endpoint("there"));
            List<Event> left = source.until("MIGRATION completed");
            List<Event> arrived = destination.until("RESUME");
            assertEquals(List.of("MIGRATION setup", "MIGRATION active", "STOP", "MIGRATION device",
                "MIGRATION completed"), left.stream().map(Event::what).toList());
            assertEquals(List.of("RESUME"), arrived.stream().map(Event::what).toList());
            long resumed = arrived.getFirst().when();
            assertTrue(left.get(3).when() <= resumed && resumed <= left.getLast().when(), left + " " + arrived);
            assertEquals("running", sterna.qmp("there", "query-status").at("/return/status").asText());
        }
    }

    @Test
    void aGuestThatArrivesPausedIsNotResumedAndNotStopped() throws Exception {
        sterna.qmp("guest", "stop");
        try (var source = new Listener("guest"); var destination = new Listener("there")) {
            sterna.migrate("guest", sterna.endpoint("there"));
            assertEquals(List.of("MIGRATION setup", "MIGRATION active", "MIGRATION device", "MIGRATION completed"),
                source.until("MIGRATION completed").stream().map(Event::what).toList());
            assertEquals("paused", sterna.qmp("there", "query-status").at("/return/status").asText());
            sterna.qmp("there", "cont");
            assertEquals(List.of("RESUME"), destination.until("RESUME").stream().map(Event::what).toList());
        }
    }
}
