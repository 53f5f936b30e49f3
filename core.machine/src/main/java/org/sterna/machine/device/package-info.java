/**
 * What the author of a device bundle implements and is given.
 */
@Export
@Version("1.4.0")
package org.sterna.machine.device;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
