/**
 * Live migration, snapshots and hot swap: endpoints, verdicts, the service that does them, and who brings the bundles that they
 * lack.
 */
@Export
@Version("1.5.0")
package org.sterna.migration;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
