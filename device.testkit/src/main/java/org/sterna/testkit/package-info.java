/**
 * A bench that plays the guest, for the tests of a device's author.
 */
@Export
@Version("1.1.0")
package org.sterna.testkit;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
