/**
 * Deterministic CBOR (RFC 8949, section 4.2), the encoding of sections and of control messages.
 */
@Export
@Version("1.2.0")
package org.sterna.machine.cbor;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
