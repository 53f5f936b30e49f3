package org.sterna.machine;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * By what the content of a host resource, such as a disk, is known again. A guest that was saved goes on with what its memory knows of
 * its disks, so these must not have changed meanwhile.
 *
 * @param property the host property that names the resource
 * @param size     in bytes
 * @param modified when the host has last written to it, as the host notes it; nothing if it does not
 * @param method   how the digest was taken: two can be compared if this is the same; the empty string if there is no digest
 * @param digest   of the content or of samples of it, in hexadecimal digits; the empty string if there is none
 * @since 1.4
 */
public record ContentIdentity(String property, long size, Optional<Instant> modified, String method, String digest) {
    /**
     * What tells that the content is another one now.
     *
     * @param now the same resource later, or one that is to take its place
     * @return the difference, in words that follow the resource's name or "it"; nothing if it may be the same
     */
    public Optional<String> difference(ContentIdentity now) {
        if (size != now.size) {
            return Optional.of("has " + now.size + " bytes instead of " + size);
        }
        boolean compared = !method.isEmpty() && method.equals(now.method);
        if (compared && !digest.equals(now.digest)) {
            return Optional.of("has another content");
        }
        if (modified.isPresent() && now.modified.isPresent() && !isSame(modified.get(), now.modified.get())) {
            return Optional.of("was last written at " + now.modified.get() + " instead of " + modified.get()
                + (compared ? " (samples of its content are the same, so it may be a copy)" : ""));
        }
        return Optional.empty();
    }

    /** Whether two times are one, which a program that copies files may have rounded down. */
    private static boolean isSame(Instant then, Instant now) {
        return now.equals(then) || now.equals(then.truncatedTo(ChronoUnit.SECONDS)) || now.equals(then.truncatedTo(ChronoUnit.MICROS));
    }
}
