package org.sterna.device.serial.internal;

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

/** The device type {@code serial}: a UART of the 16550 family. */
@Component
@DeviceModel(type = SerialFactory.TYPE, abi = "1.1", state = 1)
public final class SerialFactory implements DeviceFactory {
    static final String TYPE = "serial";

    static final Property<Long> CLOCK_FREQUENCY =
        Property.guest("clock-frequency", new PropertyType.Number(16, Integer.MAX_VALUE)).defaultValue(3_686_400L)
            .meaning("Frequency of the input clock in Hz; the baud rate is a 16th of it, divided by the divisor.");
    static final Property<Boolean> FIFO = Property.guest("fifo", new PropertyType.Flag())
        .since("1.1").before(true).defaultValue(true)
        .meaning("Whether there are FIFOs; without them the UART is a 16450.");
    static final String DEPTH_16 = "16";
    static final String DEPTH_64 = "64";
    static final Property<String> FIFO_DEPTH =
        Property.guest("fifo-depth", new PropertyType.Choice(List.of(DEPTH_16, DEPTH_64)))
            .since("1.1").before(DEPTH_16).defaultValue(DEPTH_16).when(FIFO, true)
            .meaning("Characters in each FIFO: 16 as in a 16550A, 64 as in a 16750.");
    static final Property<String> BACKEND =
        Property.host("backend", new PropertyType.Choice(List.of("stdio", "file", "tcp", "unix", "null")))
            .defaultValue("null")
            .meaning("What is at the other end of the line.");
    static final Property<String> PATH = Property.host("path", new PropertyType.HostPath(4096))
        .meaning("The file to append to (backend=file) or the socket to listen on (backend=unix).");
    static final Property<Boolean> SPECIAL_FILE = Property.host("special-file", new PropertyType.Flag()).defaultValue(false)
        .meaning("Whether path may be a FIFO, a terminal or another special file (backend=file).");
    static final Property<Long> MAX_SIZE = Property.host("max-size", new PropertyType.Size(0, PropertyType.MAX_NUMBER, 1))
        .defaultValue(64L << 20)
        .meaning("How long the file at path may become (backend=file); then it is renamed to end in .1, in the place of an older one,"
            + " and a new one is begun. 0: there is no limit.");
    static final Property<String> ADDRESS = Property.host("address", new PropertyType.HostAddress())
        .meaning("HOST:PORT to listen on (backend=tcp).");

    private static final Model MODEL = new Model(TYPE, AbiVersion.parse("1.1"),
        List.of(CLOCK_FREQUENCY, FIFO, FIFO_DEPTH, BACKEND, PATH, SPECIAL_FILE, MAX_SIZE, ADDRESS), StateType.of(TYPE, SerialState.class));

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public String slot() {
        return "uart";
    }

    @Override
    public Device<?> create(DeviceContext context) {
        return new SerialDevice(context);
    }
}
