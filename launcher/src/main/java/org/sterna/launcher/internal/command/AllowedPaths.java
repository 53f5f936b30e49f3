package org.sterna.launcher.internal.command;

import java.util.List;
import picocli.CommandLine.Option;

/** Where files may be that somebody else names. */
final class AllowedPaths {
    @Option(names = "--allow-path", paramLabel = "DIR", description = "A folder in which files may be that the machine's host properties"
        + " name and that are not mapped, such as its disks; may be repeated.")
    private List<String> folders = List.of();

    /** The folders as they were given. */
    List<String> folders() {
        return folders;
    }
}
