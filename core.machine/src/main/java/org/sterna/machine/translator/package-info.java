/**
 * Translators, which bridge the formats of a state that the rules for fields cannot. A package of their own, so that a device
 * needs no newer core for them.
 */
@Export
@Version("1.0.0")
package org.sterna.machine.translator;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
