package org.sterna.machine.internal;

import org.osgi.framework.Version;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.abi.Model;

/**
 * A factory that a bundle contributes.
 *
 * @param factory the service
 * @param model   what it implements
 * @param bundle  the symbolic name of its bundle
 * @param version the version of its bundle
 * @param <F>     the kind of factory
 */
record Installed<F>(F factory, Model model, String bundle, Version version) {
    /** The factory, as one that throws nothing but what its contract allows, for a part of a machine. */
    F guarded(Class<F> type, String path) {
        return Plugin.of(path, this).guard(type, factory);
    }

    InstalledModel describe(InstalledModel.Kind kind) {
        return new InstalledModel(kind, model, bundle, version);
    }
}
