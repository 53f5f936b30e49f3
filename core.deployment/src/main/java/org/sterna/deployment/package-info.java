/**
 * Machines that Configuration Admin has, from the configurations of the factory {@code org.sterna.machine}.
 */
@Export
@Version("1.0.0")
package org.sterna.deployment;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
