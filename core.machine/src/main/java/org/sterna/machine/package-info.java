/**
 * Machines: how they are defined, built, run, paused, and looked into.
 */
@Export
@Version("1.4.0")
package org.sterna.machine;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
