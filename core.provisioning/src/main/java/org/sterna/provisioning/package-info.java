/**
 * Bundles from repositories, by what a machine needs.
 */
@Export
@Version("1.1.0")
package org.sterna.provisioning;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
