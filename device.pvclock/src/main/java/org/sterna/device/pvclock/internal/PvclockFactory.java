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
@DeviceModel(type = PvclockFactory.TYPE, abi = "1.1", state = 2)
public final class PvclockFactory implements DeviceFactory {
    static final String TYPE = "pvclock";

    static final Property<Boolean> TSC_STABLE = Property.guest("tsc-stable", new PropertyType.Flag())
        .defaultValue(true)
        .meaning("Whether the guest is told that time is monotonic across processors.");
    static final Property<Boolean> GUEST_STOPPED = Property.guest("guest-stopped", new PropertyType.Flag())
        .defaultValue(true)
        .meaning("Whether the guest is told that it was paused.");
    static final Property<Boolean> ACCOUNT_BLACKOUT = Property.guest("account-blackout", new PropertyType.Flag())
        .defaultValue(true)
        .meaning("Whether system time goes forward by the time that a migration took.");
    static final Property<Boolean> FEATURE_REGISTER = register("feature-register")
        .meaning("Whether there is the register that says which flags the clock may set.");
    static final Property<Boolean> SYSTEM_TIME = register("system-time")
        .meaning("Whether there is the register that names the address of the guest's system time.");
    static final Property<Boolean> WALL_CLOCK = register("wall-clock")
        .meaning("Whether there is the register that names the address of the guest's wall clock.");

    private static final Model MODEL = new Model(TYPE, AbiVersion.parse("1.1"),
        List.of(TSC_STABLE, GUEST_STOPPED, ACCOUNT_BLACKOUT, FEATURE_REGISTER, SYSTEM_TIME, WALL_CLOCK), StateType.of(TYPE, PvclockState.class));

    /** A register that has always been there; without it, its place reads as 0 and takes no writes. */
    private static Property.Builder<Boolean> register(String name) {
        return Property.guest(name, new PropertyType.Flag()).since("1.1").before(true).defaultValue(true);
    }

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
