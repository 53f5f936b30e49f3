/**
 * What every virtio device shares (Virtual I/O Device Version 1.3): the registers of the MMIO transport, feature
 * negotiation, split and packed virtqueues and descriptor chains. A device implements {@link VirtioFunction} and owns a
 * {@link VirtioMmio}.
 *
 * <p>All objects here belong to one device and are used under its serialization; nothing here blocks or throws,
 * whatever the driver does.
 */
@Export
@Version("1.2.0")
package org.sterna.device.virtio;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
