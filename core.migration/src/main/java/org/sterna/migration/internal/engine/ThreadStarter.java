package org.sterna.migration.internal.engine;

import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/** Starts the threads of migrations. What waits on the host's files or on a peer has a platform thread of its own. */
@FunctionalInterface
public interface ThreadStarter {
    /** Starts daemon threads of this host. */
    ThreadStarter HOST = (name, body) -> {
        Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(body);
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            throw MachineException.failed(name, "", "this host cannot start another thread: " + Reason.causeOf(e),
                "raise the limit of threads of this user, or run fewer machines here");
        }
        return thread;
    };

    /**
     * Starts a thread.
     *
     * @param name what a thread dump shows
     * @throws MachineException if this host cannot start another one
     */
    Thread start(String name, Runnable body);
}
