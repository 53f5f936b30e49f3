package org.sterna.karaf.java25.internal;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.hooks.weaving.WeavingHook;

/** Has the framework ask {@link SubjectWeaver} about each class, from before Karaf's own bundles are started. */
public final class Activator implements BundleActivator {
    @Override
    public void start(BundleContext context) {
        context.registerService(WeavingHook.class, new SubjectWeaver(), null);
    }

    @Override
    public void stop(BundleContext context) {
        // The framework unregisters the hook.
    }
}
