package org.sterna.machine.lease;

import java.net.URI;

/**
 * Something of the host, or of the whole cluster, that a device needs.
 *
 * @param device    the path of the device, such as {@code /virtio-blk@0}
 * @param property  the host property that names the resource, such as {@code drive}
 * @param name      the same for everybody who means the same thing: for a file, the URI of its real path, without symbolic links
 * @param exclusive whether the device needs it for itself alone; else any number may have it that do not need it alone either
 */
public record Resource(String device, String property, URI name, boolean exclusive) {
}
