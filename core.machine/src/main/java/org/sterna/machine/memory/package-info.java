/**
 * Guest-physical memory with its dirty log, the MMIO bus, and the budget for what a guest makes the host hold beside its memory.
 */
@Export
@Version("1.1.0")
package org.sterna.machine.memory;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
