package org.sterna.machine.internal;

import java.net.URL;
import java.util.Enumeration;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/** The classes of a bundle, loaded before they are needed: what is loaded while a guest stands still is time that it waits. */
final class BundleClasses {
    private static final String SUFFIX = ".class";
    /** More than a device has; who brings along a large library waits for what is beyond. */
    private static final int MOST = 1000;

    private BundleClasses() {
    }

    /** Loads and links, but does not initialize, the classes of the bundle that a class is from. */
    static void load(Class<?> from) {
        Bundle bundle = FrameworkUtil.getBundle(from);
        Enumeration<URL> files = bundle == null ? null : bundle.findEntries("/", "*" + SUFFIX, true);
        for (int i = 0; files != null && i < MOST && files.hasMoreElements(); i++) {
            String file = files.nextElement().getPath();
            load(bundle, file.substring(1, file.length() - SUFFIX.length()).replace('/', '.'));
        }
    }

    private static void load(Bundle bundle, String name) {
        try {
            // A class whose methods are asked for has been linked.
            bundle.loadClass(name).getDeclaredMethods();
        } catch (ClassNotFoundException | LinkageError e) {
            // It needs something that is not there, as optional parts do; whether anybody needs it shows when it is used.
        }
    }
}
