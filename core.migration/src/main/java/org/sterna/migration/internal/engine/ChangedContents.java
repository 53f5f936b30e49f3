package org.sterna.migration.internal.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Reason;
import org.sterna.migration.internal.negotiation.Manifest;

/**
 * What a saved guest's host resources had as their content when it was saved, compared with what they have now: a guest that goes on
 * with a disk that has moved on destroys what is on it.
 *
 * @param accepted what may have changed, each as {@code /path.property}
 */
record ChangedContents(Set<String> accepted) {
    private static final Duration LOOK = Duration.ofSeconds(5);

    /** A reason for each resource that has changed and is not accepted. */
    List<Reason> reasons(Manifest manifest, Map<String, List<ContentIdentity>> now, Map<String, Map<String, Object>> host) {
        var reasons = new ArrayList<Reason>();
        manifest.contents().forEach((path, identities) -> {
            for (ContentIdentity then : identities) {
                String name = path + "." + then.property();
                Object value = host.getOrDefault(path, Map.of()).get(then.property());
                now.getOrDefault(path, List.of()).stream().filter(other -> other.property().equals(then.property())).findFirst()
                    .or(() -> noted(then.property(), value)).flatMap(then::difference).filter(difference -> !accepted.contains(name))
                    .ifPresent(difference -> reasons.add(new Reason(path, then.property(),
                        Objects.toString(value, then.property())
                            + " is not as it was when the guest was saved: it " + difference,
                        "give it as it was then; or, if the guest may go on with what it is now, accept that: --accept-changed "
                            + name + ", in a configuration accept.changed")));
            }
        });
        return reasons;
    }

    /** What the host notes of a file, for a device whose bundle is older than the question and so has no answer. */
    private static Optional<ContentIdentity> noted(String property, Object value) {
        if (!(value instanceof String name)) {
            return Optional.empty();
        }
        // A file system that hangs must not hold the verdict up.
        var look = new FutureTask<>(() -> identity(property, Path.of(name)));
        Thread.ofPlatform().daemon().name("sterna-contents").start(look);
        try {
            return look.get(LOOK.toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException | TimeoutException e) {
            // Attaching it says what is wrong with it.
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static Optional<ContentIdentity> identity(String property, Path file) throws IOException {
        return Files.isRegularFile(file) ? Optional.of(new ContentIdentity(property, Files.size(file),
            Optional.of(Files.getLastModifiedTime(file).toInstant()), "", "")) : Optional.empty();
    }
}
