package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Machine;

/**
 * The content of a machine's disks at the moment at which it released them for a destination. If the destination does not
 * confirm the hand-over and the guest is written into a file, this tells a restore whether the guest has run there
 * meanwhile. Any thread.
 */
public final class ReleasedContents {
    private static final Logger LOG = LoggerFactory.getLogger(ReleasedContents.class);
    /** The guest stands still meanwhile. */
    private static final Duration LIMIT = Duration.ofSeconds(2);

    private volatile Map<String, List<ContentIdentity>> contents = Map.of();

    /** Looks at the disks, which have just been released. If that fails or takes too long, nothing is known of them. */
    void look(Machine machine) {
        try {
            contents = machine.contents(LIMIT);
        } catch (RuntimeException e) {
            contents = Map.of();
            LOG.debug("{}: the content of its disks cannot be seen", machine.name(), e);
        }
    }

    /** By device path; empty if nothing was released, or nothing is known. */
    Map<String, List<ContentIdentity>> contents() {
        return contents;
    }
}
