package org.sterna.migration.internal.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which files of this host a source may name in its host properties: those in some folders. What counts is where a path leads, through
 * all links, so that nothing in an allowed folder leads out of it. Of addresses it may name those that only this host can reach.
 *
 * @param folders the folders; nothing if a source may name whatever this process may open
 */
public record PathRule(Optional<List<Path>> folders) {
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.[0-9]{1,3}){3}|\\[?::1\\]?");

    /** For sources that may name everything: a file that the operator has chosen. */
    public static final PathRule ANY = new PathRule(Optional.empty());

    /** Only what is in some folders. */
    public static PathRule in(List<Path> folders) {
        return new PathRule(Optional.of(List.copyOf(folders)));
    }

    /** Why a path is not allowed, or nothing if it is. Nothing but the way to it is looked at. */
    Optional<String> objection(String text) {
        if (folders.isEmpty()) {
            return Optional.empty();
        }
        if (folders.get().isEmpty()) {
            return Optional.of("names the file '" + text + "', and this receiver takes no files that a source names");
        }
        return isInside(text) ? Optional.empty() : Optional.of("names the file '" + text
            + "', which is not in the folders that this receiver allows: "
            + folders.get().stream().map(Path::toAbsolutePath).map(Path::normalize).map(Path::toString).collect(Collectors.joining(", ")));
    }

    /**
     * Why an address of this host, to listen on, is not allowed: other hosts could reach it. Names are not looked up, as that could take
     * any time.
     */
    Optional<String> objectionToAddress(String address) {
        String host = address.substring(0, Math.max(0, address.lastIndexOf(':')));
        return folders.isEmpty() || address.isEmpty() || LOOPBACK.matcher(host).matches() ? Optional.empty()
            : Optional.of("listens on '" + address + "', and this receiver opens only loopback addresses that a source names");
    }

    private boolean isInside(String text) {
        try {
            Path real = real(Path.of(text).toAbsolutePath());
            for (Path step : real) {
                // Left over below a folder that does not exist yet, so that it cannot be told where it leads.
                if (step.toString().equals("..")) {
                    return false;
                }
            }
            return folders.get().stream().anyMatch(folder -> isInside(real, folder));
        } catch (IOException | InvalidPathException e) {
            return false;
        }
    }

    private static boolean isInside(Path real, Path folder) {
        try {
            return real.startsWith(real(folder.toAbsolutePath()));
        } catch (IOException e) {
            // A folder that cannot be found has nothing in it.
            return false;
        }
    }

    /**
     * Where a path leads, though its last parts may not exist yet.
     *
     * @throws IOException if that cannot be told, as of a link whose target does not exist
     */
    private static Path real(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) || path.getParent() == null) {
            return path.toRealPath();
        }
        return real(path.getParent()).resolve(path.getFileName());
    }
}
