/**
 * What every device must keep to, whatever it does: checks that need no more than a script of how its driver uses it.
 */
@Export
@Version("1.1.0")
package org.sterna.testkit.conformance;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
