/**
 * What the author of a board bundle implements and is given.
 */
@Export
@Version("1.3.0")
package org.sterna.machine.board;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
