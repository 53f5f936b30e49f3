package org.sterna.provisioning.internal;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.osgi.resource.Resource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.provisioning.internal.download.Download;

/** Copies of bundles in a folder of their own, bounded in number and in length, until they are installed or refused. */
final class FetchedBundles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FetchedBundles.class);
    private static final int MAX_BUNDLES = 64;
    private static final long MAX_BYTES = 128L << 20;

    private final Path folder;
    private final List<Fetched> bundles = new ArrayList<>();
    private long room = MAX_BYTES;

    /**
     * None yet.
     *
     * @throws MachineException if there can be no folder for them
     */
    FetchedBundles() {
        try {
            folder = Files.createTempDirectory("sterna-bundles-");
        } catch (IOException e) {
            throw MachineException.failed("", "", "the destination cannot store bundles: " + Reason.causeOf(e),
                "see that there is space in its folder for temporary files");
        }
    }

    /**
     * Brings one more.
     *
     * @throws MachineException if that cannot be done, or is too much
     */
    Fetched fetch(Catalog catalog, Resource resource, Download download) {
        if (bundles.size() == MAX_BUNDLES) {
            throw MachineException.failed(Catalog.describe(resource), "", "more than " + MAX_BUNDLES
                + " bundles are needed", "");
        }
        if (room == 0) {
            throw MachineException.failed(Catalog.describe(resource), "",
                "the bundles that are needed are together longer than "
                + MAX_BYTES + " bytes", "");
        }
        Fetched fetched = Fetched.copy(catalog, resource, download, room, folder.resolve(bundles.size() + ".jar"));
        bundles.add(fetched);
        try {
            room -= Files.size(fetched.jar());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return fetched;
    }

    /** Removes them. */
    @Override
    public void close() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed", folder, e);
        }
    }
}
