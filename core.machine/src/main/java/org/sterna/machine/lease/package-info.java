/**
 * Who may use what a machine's devices need for themselves alone, and so who may run its guest. A cluster plugs in its own
 * {@link org.sterna.machine.lease.LeaseKeeper}.
 */
@Export
@Version("1.1.0")
package org.sterna.machine.lease;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
