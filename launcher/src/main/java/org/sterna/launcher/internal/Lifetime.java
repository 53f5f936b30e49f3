package org.sterna.launcher.internal;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What must be given back when a command ends, in whatever way: it returns, it fails, or the process is told to end.
 */
public final class Lifetime implements AutoCloseable {
    private final Deque<AutoCloseable> kept = new ArrayDeque<>();
    private boolean closed;

    /** Keeps something until the end; at once if the end has come. */
    public synchronized <T extends AutoCloseable> T keep(T resource) {
        kept.push(resource);
        if (closed) {
            close();
        }
        return resource;
    }

    /** Keeps something no longer: it has been given back. Does nothing if it was not kept. */
    public synchronized void release(AutoCloseable resource) {
        kept.removeIf(each -> each == resource);
    }

    /** Whether the end has come. */
    public synchronized boolean ended() {
        return closed;
    }

    /** Gives everything back, the latest first. */
    @Override
    public synchronized void close() {
        closed = true;
        while (!kept.isEmpty()) {
            try {
                kept.pop().close();
            } catch (Exception e) {
                System.err.println("sterna: " + e.getMessage());
            }
        }
    }
}
