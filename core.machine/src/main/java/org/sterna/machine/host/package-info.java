/** Files of the host that several bundles have to treat in the same way. */
@Export
@Version("1.0.0")
package org.sterna.machine.host;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
