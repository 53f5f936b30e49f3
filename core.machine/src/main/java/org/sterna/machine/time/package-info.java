/**
 * Guest time.
 */
@Export
@Version("1.1.0")
package org.sterna.machine.time;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
