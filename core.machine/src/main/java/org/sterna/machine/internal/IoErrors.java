package org.sterna.machine.internal;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.IoError;

/**
 * Tells of requests that the host could not carry out. A guest can cause as many as it likes, so those that it is not stopped for are
 * told at most once a second for each device. Any thread.
 */
final class IoErrors {
    private static final Logger LOG = LoggerFactory.getLogger(IoErrors.class);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final String machine;
    private final List<Consumer<IoError>> listeners = new CopyOnWriteArrayList<>();
    /** When one was told last that the guest was not stopped for, by device. */
    private final Map<String, Long> told = new ConcurrentHashMap<>();

    IoErrors(String machine) {
        this.machine = machine;
    }

    AutoCloseable onError(Consumer<IoError> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Forgets whoever wants to know. */
    void forgetListeners() {
        listeners.clear();
    }

    /** Whether an error is to be told, and not one of many. */
    boolean isNews(IoError error) {
        if (error.action() == IoError.Action.STOP) {
            return true;
        }
        long now = System.nanoTime();
        Long last = told.get(error.reason().subject());
        if (last != null && now - last < QUIET_NANOS) {
            return false;
        }
        told.put(error.reason().subject(), now);
        return true;
    }

    void tell(IoError error) {
        LOG.warn("{}: {}", machine, error.reason());
        listeners.forEach(listener -> listener.accept(error));
    }
}
