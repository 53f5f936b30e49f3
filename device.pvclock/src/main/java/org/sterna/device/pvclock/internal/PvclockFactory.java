package org.sterna.device.pvclock.internal;

import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceModel;
import org.sterna.machine.state.StateType;

/** The device type {@code pvclock}: a paravirtual clock with KVM's structures in guest memory. */
@Component
@DeviceModel(type = PvclockFactory.TYPE, abi = "1.0", state = 2)
public final class PvclockFactory implements DeviceFactory {
    static final String TYPE = "pvclock";

    static final Property<Boolean> TSC_STABLE = Property.guest("tsc-stable", new PropertyType.Flag())
        .defaultValue(true)
        .meaning("whether the guest is told that time is monotonic across processors");
    static final Property<Boolean> GUEST_STOPPED = Property.guest("guest-stopped", new PropertyType.Flag())
        .defaultValue(true)
        .meaning("whether the guest is told that it was paused");
    static final Property<Boolean> ACCOUNT_BLACKOUT = Property.guest("account-blackout", new PropertyType.Flag())
        .defaultValue(true)
        .meaning("whether system time goes forward by the time that a migration took");

    private static final Model MODEL = new Model(TYPE, AbiVersion.parse("1.0"),
        List.of(TSC_STABLE, GUEST_STOPPED, ACCOUNT_BLACKOUT), StateType.of(TYPE, PvclockState.class));

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public String slot() {
        return "platform";
    }

    @Override
    public Device<?> create(DeviceContext context) {
        return new PvclockDevice(context);
    }
}
