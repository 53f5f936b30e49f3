package ${package};

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

/** The device type {@code ${artifactId}}. */
@Component
@DeviceModel(type = ${className}Factory.TYPE, abi = "1.0", state = 1)
public final class ${className}Factory implements DeviceFactory {
    static final String TYPE = "${artifactId}";

    /** Whatever a guest can see must follow from guest properties, and from nothing else. */
    static final Property<Long> LIMIT = Property.guest("limit", new PropertyType.Number(1, 1000)).defaultValue(100L)
        .meaning("The greatest level; when it is reached, the device interrupts.");

    private static final Model MODEL = new Model(TYPE, new AbiVersion(1, 0), List.of(LIMIT),
        StateType.of(TYPE, ${className}State.class));

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
        return new ${className}Device(context);
    }
}
