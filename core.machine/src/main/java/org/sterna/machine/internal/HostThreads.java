package org.sterna.machine.internal;

import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/**
 * Threads of the host. Whatever may block on the host's files or in a plug-in runs on a platform thread: virtual threads share a
 * few carriers with everybody else in the process, and a call that blocks in the system keeps one for itself.
 */
final class HostThreads {
    private HostThreads() {
    }

    /**
     * Starts a daemon thread.
     *
     * @param name what a thread dump shows
     * @throws MachineException if this host cannot start another thread
     */
    static Thread start(String name, Runnable body) {
        Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(body);
        start(thread);
        return thread;
    }

    /**
     * Starts a thread that has been made.
     *
     * @throws MachineException if this host cannot start another thread
     */
    static void start(Thread thread) {
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            throw MachineException.failed(thread.getName(), "", "this host cannot start another thread: " + Reason.causeOf(e),
                "raise the limit of threads of this user, or run fewer machines here");
        }
    }
}
