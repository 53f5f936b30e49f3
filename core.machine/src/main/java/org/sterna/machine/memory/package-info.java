/**
 * Guest-physical memory with its dirty log, and the MMIO bus.
 */
@Export
@Version("1.0.0")
package org.sterna.machine.memory;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
