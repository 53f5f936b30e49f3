package org.sterna.launcher.internal.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.function.Supplier;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.Services;
import picocli.CommandLine.Option;

/** The option {@code --json}, and so the two ways to tell a result: one JSON document, or text for people. */
final class Report {
    static final String JSON = "--json";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @Option(names = JSON, description = "Print one JSON document on standard output, and nothing else.")
    private boolean json;

    /** Whether a program reads the result. */
    boolean json() {
        return json;
    }

    /** Tells a result. */
    void result(Services services, JsonNode document, Supplier<String> text) {
        if (json) {
            services.out().println(Json.write(document));
        } else {
            services.out().print(text.get());
        }
        services.out().flush();
    }

    /**
     * Tells a program the result of a machine that has ended, and waits a bounded time for it to be read: the process ends whether or not
     * anybody does.
     */
    void last(Services services, JsonNode document) {
        if (!json) {
            return;
        }
        Thread teller = Thread.ofPlatform().daemon().name("sterna-result").start(() -> result(services, document, () -> ""));
        try {
            if (!teller.join(PATIENCE)) {
                note(services, "sterna: standard output was not read for " + PATIENCE.toSeconds() + " s, so the result is lost");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Tells a result whose JSON has a form of its own, byte by byte. */
    void canonical(Services services, String document, Supplier<String> text) {
        if (json) {
            services.out().println(document);
        } else {
            services.out().print(text.get());
        }
        services.out().flush();
    }

    /** Tells people something on the way to a result. */
    void note(Services services, String line) {
        services.err().println(line);
    }
}
