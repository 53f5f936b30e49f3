package org.sterna.migration;

import org.osgi.annotation.versioning.ProviderType;

/** Waits for migrations. Any thread. */
@ProviderType
public interface Receiver extends AutoCloseable {
    /** Where it listens; the port is the real one. */
    Endpoint endpoint();

    /** Stops listening and gives up what has not been committed. */
    @Override
    void close();
}
