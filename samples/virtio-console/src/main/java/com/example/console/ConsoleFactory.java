package com.example.console;

import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.sterna.device.virtio.RingFeatures;
import org.sterna.device.virtio.VirtioMmio;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceModel;
import org.sterna.machine.state.StateType;

/** The device type {@code virtio-console}: a console with one port (virtio 1.3, section 5.3, without its multiport feature). */
@Component
@DeviceModel(type = ConsoleFactory.TYPE, abi = "1.0", state = 1,
    features = {"size", "emerg-write", "indirect-desc", "event-idx", "version-1"})
public final class ConsoleFactory implements DeviceFactory {
    static final String TYPE = "virtio-console";
    static final Property<Boolean> SIZE = Property.feature("size", 0).meaning("The guest is told how large the console is.");
    static final Property<Boolean> EMERGENCY = Property.feature("emerg-write", 2)
        .meaning("The driver may write a character without a queue.");
    static final Property<Long> COLUMNS = Property.guest("columns", new PropertyType.Number(0, 65535)).when(SIZE, true)
        .before(0L).defaultValue(80L).meaning("How wide the console is, in characters.");
    static final Property<Long> ROWS = Property.guest("rows", new PropertyType.Number(0, 65535)).when(SIZE, true)
        .before(0L).defaultValue(25L).meaning("How high the console is, in lines.");
    static final Property<String> OUTPUT = Property.host("output", new PropertyType.Text(4096))
        .meaning("The file to which the guest's output is appended; without it, it is lost.");
    static final Property<String> INPUT = Property.host("input", new PropertyType.Text(4096))
        .meaning("The file that the guest's input is read from, and what is appended to it.");

    static final Model MODEL = new Model(TYPE, new AbiVersion(1, 0), properties(), StateType.of(TYPE, ConsoleState.class));

    private static List<Property<?>> properties() {
        var properties = new ArrayList<Property<?>>(List.of(SIZE, EMERGENCY, COLUMNS, ROWS, OUTPUT, INPUT));
        properties.addAll(RingFeatures.ALL);
        return properties;
    }

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public String slot() {
        return VirtioMmio.SLOT;
    }

    @Override
    public Device<?> create(DeviceContext context) {
        return new ConsoleDevice(context);
    }
}
