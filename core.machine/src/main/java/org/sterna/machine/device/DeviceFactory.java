package org.sterna.machine.device;

import org.osgi.annotation.versioning.ConsumerType;
import org.sterna.machine.abi.Model;

/**
 * A device type, contributed by a bundle as a service with the annotation {@link DeviceModel}. Methods are called
 * from any thread and must return quickly.
 */
@ConsumerType
public interface DeviceFactory {
    /** What it implements; always the same. */
    Model model();

    /**
     * The kind of slot on a board that a device of this type is plugged into, such as {@code virtio-mmio} or
     * {@code platform}.
     */
    String slot();

    /**
     * A new device, not yet attached to its host resources.
     *
     * @throws org.sterna.machine.MachineException if properties contradict each other
     */
    Device<?> create(DeviceContext context);
}
