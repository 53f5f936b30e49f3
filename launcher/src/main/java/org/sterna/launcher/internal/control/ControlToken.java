package org.sterna.launcher.internal.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import org.sterna.launcher.internal.host.HostUser;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/**
 * The secret that a client of a control socket on TCP must know.
 *
 * @param text 16 to 256 printable ASCII characters without spaces
 */
public record ControlToken(String text) {
    private static final int LONGEST = 256;
    private static final int RANDOM_BYTES = 32;
    private static final String FORM = "[!-~]{16," + LONGEST + "}";

    /** Checks the text. */
    public ControlToken {
        if (!text.matches(FORM)) {
            throw new IllegalArgumentException("not a token");
        }
    }

    /** A new one that nobody can guess. */
    public static ControlToken random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        return new ControlToken(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /**
     * The one in a file, which only its owner may read.
     *
     * @throws MachineException (usage) if there is no such file, others may read or change it, or its content is no token
     */
    public static ControlToken read(Path file, HostUser user) {
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw refused(file, "it is not a regular file", "name a file that holds the token");
            }
            if (!user.owns(file) || !HostUser.onlyOwnerUses(file)) {
                throw refused(file, "others may read or change it", "make it your own: chown, and chmod 600 " + file);
            }
            try (InputStream in = Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
                String text = new String(in.readNBytes(LONGEST + 2), StandardCharsets.US_ASCII).strip();
                if (text.matches(FORM)) {
                    return new ControlToken(text);
                }
            }
            throw refused(file, "it does not hold a token", "write 16 to " + LONGEST
                + " characters without spaces into it, such as the output of: openssl rand -hex 32");
        } catch (IOException e) {
            throw refused(file, Reason.causeOf(e), "name a file that holds the token");
        }
    }

    private static MachineException refused(Path file, String cause, String remedy) {
        return MachineException.usage("token file " + file, "", cause, remedy);
    }

    /** Whether a client has given this token; takes as long for a wrong one as for the right one. */
    boolean matches(String given) {
        return MessageDigest.isEqual(text.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    /** Not the secret. */
    @Override
    public String toString() {
        return "token";
    }
}
