/**
 * Live migration, snapshots and hot swap: endpoints, verdicts, and the service that does them.
 */
@Export
@Version("1.1.0")
package org.sterna.migration;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
