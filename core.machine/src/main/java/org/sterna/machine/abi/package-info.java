/**
 * The guest ABI: properties and features with their ABI versions, machine types, and the ABI document of a machine.
 */
@Export
@Version("1.1.0")
package org.sterna.machine.abi;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
