package org.sterna.launcher.internal.host;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * A user of this host: whose files these are, and who else may change or read them. Symbolic links are not followed. Any thread.
 *
 * @param id the user's number
 */
public record HostUser(long id) {
    private static final Set<PosixFilePermission> WRITING_OF_OTHERS =
        EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
    private static final Set<PosixFilePermission> ANYTHING_OF_OTHERS =
        EnumSet.complementOf(EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE,
            PosixFilePermission.OWNER_EXECUTE));

    /** The user of this process. */
    public static HostUser current() {
        return new HostUser(new UnixSystem().getUid());
    }

    /** Whether a file, folder or link is this user's. */
    public boolean owns(Path path) throws IOException {
        return ((Number) Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS)).longValue() == id;
    }

    /** Whether a file or folder may be changed by its owner only. */
    public static boolean onlyOwnerWrites(Path path) throws IOException {
        return mayNot(path, WRITING_OF_OTHERS);
    }

    /** Whether nobody but its owner may do anything with a file or folder. */
    public static boolean onlyOwnerUses(Path path) throws IOException {
        return mayNot(path, ANYTHING_OF_OTHERS);
    }

    private static boolean mayNot(Path path, Set<PosixFilePermission> forbidden) throws IOException {
        return Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS).stream().noneMatch(forbidden::contains);
    }
}
