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
@DeviceModel(type = BlockProperties.TYPE, abi = BlockProperties.ABI, state = 1, features = {"read-only", "flush",
    "blk-size", "topology", "seg-max", "size-max", "discard", "write-zeroes", "indirect-desc", "event-idx",
    "version-1"})
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
        return new BlockDevice(context, DiskFile::open);
    }
}
