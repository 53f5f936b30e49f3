package org.sterna.device.virtioblk.internal;

import org.osgi.service.component.annotations.Component;
import org.sterna.device.virtio.VirtioMmio;
import org.sterna.machine.abi.Model;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceModel;

/** Makes virtio block devices. */
@Component
@DeviceModel(type = BlockProperties.TYPE, abi = BlockProperties.ABI, state = 2, features = {"read-only", "flush",
    "config-wce", "barrier", "blk-size", "topology", "geometry", "seg-max", "size-max", "mq", "discard", "write-zeroes",
    "lifetime", "secure-erase", "indirect-desc", "event-idx", "ring-packed", "version-1"})
public final class BlockDeviceFactory implements DeviceFactory {
    @Override
    public Model model() {
        return BlockProperties.MODEL;
    }

    @Override
    public String slot() {
        return VirtioMmio.SLOT;
    }

    @Override
    public Device<?> create(DeviceContext context) {
        Fallocate.prepare();
        return new BlockDevice(context, DiskFile::open);
    }
}
