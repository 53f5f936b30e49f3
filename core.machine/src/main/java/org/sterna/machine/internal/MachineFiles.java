package org.sterna.machine.internal;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Reason;
import org.sterna.machine.host.FileUse;
import org.sterna.machine.text.DurationText;

/**
 * The files of the host that a machine's host properties name, which nothing else in this process may replace until the
 * machine is closed: also while its devices are detached, since they are attached to them again, or another process is.
 * Every property whose value is the name of a file counts, since core does not know what a device does with it.
 */
final class MachineFiles {
    private static final Logger LOG = LoggerFactory.getLogger(MachineFiles.class);

    private final String machine;
    private List<FileUse> uses = List.of();
    private boolean closed;

    MachineFiles(String machine) {
        this.machine = machine;
    }

    /**
     * Looks at the files that there are now, in place of those of before.
     *
     * @param host  the host properties, by path and name
     * @param limit how long the host may take; if it takes longer the rest is noted when it has answered
     */
    void look(Map<String, Map<String, Object>> host, Duration limit) {
        var call = new BoundedCall<Void>(machine + " looks at its files", late -> { });
        try {
            call.begin(() -> {
                Throwable failure = null;
                try {
                    replace(found(host));
                } catch (RuntimeException | Error e) {
                    failure = e;
                }
                call.end(null, failure);
            });
            call.await(limit);
        } catch (BoundedCall.LeftBehindException e) {
            LOG.warn("{}: the host has not shown the machine's files in {}", machine, DurationText.of(limit));
        } catch (Throwable e) {
            LOG.warn("{}: the machine's files cannot be looked at: {}", machine, Reason.causeOf(e));
        }
    }

    private List<FileUse> found(Map<String, Map<String, Object>> host) {
        var found = new ArrayList<FileUse>();
        host.forEach((part, settings) -> settings.forEach((property, value) -> {
            if (value instanceof String text && !text.isEmpty() && !property.equals(Machines.BUNDLE)) {
                try {
                    Path file = Path.of(text);
                    if (Files.exists(file) && !Files.isDirectory(file)) {
                        found.add(FileUse.of(file, "machine " + machine + " (" + part + "." + property + ")"));
                    }
                } catch (InvalidPathException e) {
                    // It is no file's name.
                }
            }
        }));
        return found;
    }

    private synchronized void replace(List<FileUse> found) {
        uses.forEach(FileUse::close);
        uses = found;
        if (closed) {
            close();
        }
    }

    /** The machine has been closed. */
    synchronized void close() {
        closed = true;
        uses.forEach(FileUse::close);
        uses = List.of();
    }
}
