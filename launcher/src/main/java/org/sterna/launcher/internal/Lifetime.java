package org.sterna.launcher.internal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Hashtable;
import java.util.Map;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleEvent;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.SynchronousBundleListener;
import org.sterna.machine.Reason;

/**
 * What must be given back when a command ends, in whatever way: it returns, it fails, or the process is told to end.
 */
public final class Lifetime implements AutoCloseable {
    /** The property of a service that is there while something is saved that would be lost with the framework. */
    private static final String SAVING = "org.sterna.saving";

    private final Deque<AutoCloseable> kept = new ArrayDeque<>();
    private boolean closed;
    /** Not guarded: what is being given back asks for it, on whatever thread. */
    private volatile boolean toldToEnd;
    private boolean untilFrameworkStops;

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

    /** Whether the end is not the command's own: the process is told to end, or a bundle that is needed stops. */
    public boolean isToldToEnd() {
        return toldToEnd;
    }

    /**
     * From now on the command goes on when bundles are restarted that the command line needs, or the command line's own, until the
     * framework stops. Without this it ends with them.
     *
     * @param system the context of the system bundle, which outlives all others
     */
    public synchronized void lastUntilFrameworkStops(BundleContext system) {
        untilFrameworkStops = true;
        SynchronousBundleListener stopping = event -> {
            if (event.getType() == BundleEvent.STOPPING && event.getBundle().getBundleId() == Constants.SYSTEM_BUNDLE_ID) {
                interrupt();
            }
        };
        system.addBundleListener(stopping);
        keep(() -> system.removeBundleListener(stopping));
    }

    /**
     * Has the end of the process wait until the result is closed, for what takes longer than other things that end with
     * it: the program sees the service and waits, within a bound of its own.
     */
    public Delay delayEnd() {
        Bundle bundle = FrameworkUtil.getBundle(Lifetime.class);
        BundleContext context = bundle == null ? null : bundle.getBundleContext();
        return context == null ? () -> { }
            : context.registerService(Object.class, this, new Hashtable<>(Map.of(SAVING, true)))::unregister;
    }

    /** Keeps the process from ending until it is closed. */
    @FunctionalInterface
    public interface Delay extends AutoCloseable {
        @Override
        void close();
    }

    /** A service that the command line needs has gone, or its bundle stops. */
    public synchronized void servicesHaveGone() {
        if (!untilFrameworkStops) {
            interrupt();
        }
    }

    private synchronized void interrupt() {
        if (!closed) {
            System.err.println("sterna: told to end");
            toldToEnd = true;
            close();
        }
    }

    /** Gives everything back, the latest first. */
    @Override
    public synchronized void close() {
        closed = true;
        while (!kept.isEmpty()) {
            try {
                kept.pop().close();
            } catch (Exception e) {
                System.err.println("sterna: " + Reason.causeOf(e));
            }
        }
    }
}
