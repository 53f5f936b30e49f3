/**
 * What failures and lengths of time are in the words of messages.
 */
@Export
@Version("1.0.0")
package org.sterna.machine.text;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
