/**
 * Live migration: endpoints, verdicts, and the service that sends and receives machines.
 */
@Export
@Version("1.0.0")
package org.sterna.migration;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
