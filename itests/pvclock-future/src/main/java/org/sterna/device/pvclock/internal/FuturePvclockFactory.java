package org.sterna.device.pvclock.internal;

import org.osgi.service.component.annotations.Component;
import org.sterna.machine.abi.Model;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceModel;
import org.sterna.machine.state.StateType;

/** The device type {@code pvclock} in a version whose state has moved on, and whose guest ABI has not. */
@Component
@DeviceModel(type = PvclockFactory.TYPE, abi = "1.1", state = 3)
public final class FuturePvclockFactory implements DeviceFactory {
    private final DeviceFactory today = new PvclockFactory();

    @Override
    public Model model() {
        return new Model(PvclockFactory.TYPE, today.model().abi(), today.model().properties(),
            StateType.of(PvclockFactory.TYPE, FuturePvclockState.class));
    }

    @Override
    public String slot() {
        return today.slot();
    }

    @Override
    public Device<?> create(DeviceContext context) {
        return new FuturePvclockDevice(new PvclockDevice(context));
    }
}
