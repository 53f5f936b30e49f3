/**
 * State as immutable records: schema, canonical CBOR encoding, digest. No device writes save or load code.
 */
@Export
@Version("1.0.0")
package org.sterna.machine.state;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
