package org.sterna.machine;

import org.osgi.framework.Version;
import org.sterna.machine.abi.Model;

/**
 * A model that an installed bundle offers.
 *
 * @param kind    what it is a model of
 * @param model   the model
 * @param bundle  the symbolic name of the bundle
 * @param version the version of the bundle
 */
public record InstalledModel(Kind kind, Model model, String bundle, Version version) {
    /** Kinds of parts. */
    public enum Kind {
        /** A device type. */
        DEVICE,
        /** A processor type. */
        PROCESSOR,
        /** A board type. */
        BOARD
    }
}
