package org.sterna.device.serial.internal;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.lease.Resource;

/** A UART with the back end at its other end. */
final class SerialDevice implements Device<SerialState>, Uart.Line {
    private static final int REGISTERS = 8;

    private final DeviceContext context;
    private final Backend backend;
    private final Fifos fifos;
    private final Uart uart;
    private final Transmitter transmitter;
    private Link link = new NullLink();
    private InputPump input;

    SerialDevice(DeviceContext context) {
        this.context = context;
        backend = Backend.of(context);
        fifos = Fifos.of(context.get(SerialFactory.FIFO), context.get(SerialFactory.FIFO_DEPTH));
        uart = new Uart(fifos, context.get(SerialFactory.CLOCK_FREQUENCY), context.interrupt(), context.clock(),
            context.timer(this::characterTimeout), this);
        transmitter = new Transmitter(context, uart);
        input = new InputPump(context, link, uart);
    }

    private void characterTimeout() {
        uart.timeout();
    }

    @Override
    public long registerBytes() {
        return REGISTERS;
    }

    @Override
    public DeviceNode node() {
        return DeviceNode.of("serial", fifos.compatible())
            .with("clock-frequency", context.get(SerialFactory.CLOCK_FREQUENCY).intValue());
    }

    @Override
    public void attach() {
        attach(Connections.NONE);
    }

    @Override
    public void attach(Connections passedOn) {
        try {
            link = backend.open(passedOn);
        } catch (IOException | RuntimeException e) {
            throw new MachineException(MachineException.Kind.FAILED, List.of(refusal(e)));
        }
        transmitter.connect(link);
        input = new InputPump(context, link, uart);
        context.background(input);
    }

    /** Several may write to one file; a port and the terminal the system itself gives to one only. */
    @Override
    public Optional<List<Resource>> claims() {
        return Optional.of(List.of());
    }

    @Override
    public List<Reason> obstacles() {
        try {
            backend.look();
            return List.of();
        } catch (IOException e) {
            return List.of(refusal(e));
        }
    }

    private Reason refusal(Exception e) {
        Property<String> property = backend.property();
        return new Reason(context.path(), property.name(),
            "'" + context.get(property) + "' cannot be opened: " + explain(e), backend.remedy(e));
    }

    private static String explain(Exception e) {
        return switch (e) {
            case NoSuchFileException missing -> "there is no directory for " + missing.getFile();
            case AccessDeniedException denied -> "access to " + denied.getFile() + " is denied";
            default -> Reason.causeOf(e);
        };
    }

    @Override
    public void detach() {
        link.close();
        disconnect();
    }

    /** Who talks to the guest over a socket goes on doing so. */
    @Override
    public Connections passOn() {
        Connections open = link.passOn(transmitter.unsent());
        disconnect();
        return open;
    }

    private void disconnect() {
        input.end();
        link = new NullLink();
        transmitter.connect(link);
    }

    @Override
    public void reset() {
        transmitter.clear();
        uart.reset();
        input.roomChanged();
    }

    @Override
    public void start() {
        input.flow(true);
        transmitter.resend(link.unsent());
        transmit();
    }

    @Override
    public void quiesce() {
        input.flow(false);
    }

    /** Registers are a byte wide; a wider access reaches the first of its bytes. */
    @Override
    public long read(long offset, int size) {
        return uart.read((int) Math.min(offset, REGISTERS));
    }

    @Override
    public void write(long offset, int size, long value) {
        uart.write((int) Math.min(offset, REGISTERS), (int) value & 0xff);
    }

    @Override
    public void transmit() {
        transmitter.transmit();
    }

    @Override
    public boolean sent() {
        return transmitter.sent();
    }

    @Override
    public void receive() {
        input.roomChanged();
    }

    @Override
    public SerialState state() {
        return uart.state();
    }

    @Override
    public void restore(SerialState state) {
        transmitter.clear();
        uart.restore(state);
    }
}
