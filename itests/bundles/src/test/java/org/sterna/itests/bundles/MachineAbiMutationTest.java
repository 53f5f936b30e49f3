package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.itests.bundles.MachineProbe.Wish;
import org.sterna.machine.Machines;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;

/** A gate that cannot turn red is worthless: newer bundles that change what a guest sees are planted, and are named. */
@ExtendWith(ServiceExtension.class)
class MachineAbiMutationTest {
    private static final String TYPE = "virt-1.1";
    private static final int A1 = 11;
    private static final int A6 = 16;
    private static final int A7 = 17;

    @InjectService(timeout = 10_000)
    Machines machines;
    @TempDir
    Path folder;

    /** What the gate says; there is one change, and one line for it in each of the modes that see it. */
    private String refusal() throws IOException, InterruptedException {
        Facts seen = new MachineProbe(machines, folder).run(Wish.of(TYPE));
        String message = assertThrows(AssertionError.class,
            () -> new MachineBaseline(TYPE).verify("planted bundles", seen)).getMessage();
        assertTrue(message.contains("since(...) a new ABI version"), message);
        return message;
    }

    private static long changes(String message) {
        return message.lines().filter(line -> line.contains(" -> ")).count() - 1;
    }

    @Test
    void anotherDeviceTreePropertyIsNoticed() throws Exception {
        try (var planted = Planted.instead(DeviceFactory.class, "serial", factory -> Planted.change(DeviceFactory.class, factory,
                "create", device -> Planted.change(Device.class, (Device<?>) device, "node",
                    node -> ((DeviceNode) node).with("clock-frequency", 1_843_200))))) {
            String message = refusal();
            assertTrue(message.contains("supervisor tree /soc/serial@10000000 clock-frequency: 0x384000 -> 0x1c2000"), message);
            assertEquals(2, changes(message), message);
        }
    }

    /** The interrupt controller lets nothing through until the guest has lowered the threshold. */
    @Test
    void anotherResetValueOfARegisterIsNoticed() throws Exception {
        try (var planted = Planted.instead(BoardFactory.class, "virt", factory -> Planted.intercept(BoardFactory.class,
                factory, (method, arguments, original) -> {
                    Object answer = original.call(arguments);
                    if (method.equals("create")) {
                        raiseThreshold((BoardContext) arguments[0]);
                    }
                    return answer;
                }))) {
            String message = refusal();
            assertTrue(message.contains("supervisor register 0xc201000/4: absent -> 0x7"), message);
            assertEquals(2, changes(message), message);
        }
    }

    private static void raiseThreshold(BoardContext context) {
        long threshold = 0xc20_1000L;
        var regions = context.bus().regions().stream().filter(region -> region.owner().equals(context.path())).toList();
        context.bus().unmap(context.path());
        for (MmioBus.Region region : regions) {
            boolean changed = region.contains(threshold, 4);
            context.bus().map(new MmioBus.Region(region.owner(), region.base(), region.size(),
                changed ? new OtherReset(region.handler(), threshold - region.base(), 7) : region.handler()));
        }
    }

    /** Registers of which one has another value until it is written. */
    private static final class OtherReset implements MmioHandler {
        private final MmioHandler registers;
        private final long offset;
        private final long value;
        private boolean written;

        OtherReset(MmioHandler registers, long offset, long value) {
            this.registers = registers;
            this.offset = offset;
            this.value = value;
        }

        @Override
        public long read(long at, int size) {
            return at == offset && size == 4 && !written ? value : registers.read(at, size);
        }

        @Override
        public void write(long at, int size, long what) {
            written |= at == offset;
            registers.write(at, size, what);
        }
    }

    /** The board's firmware says what processor it runs on. */
    @Test
    void anotherIdentityOfTheProcessorIsNoticed() throws Exception {
        try (var planted = Planted.instead(BoardFactory.class, "virt", factory -> Planted.change(BoardFactory.class, factory,
                "create", board -> Planted.change(Board.class, (Board<?>) board, "environment",
                    calls -> calls == null ? null : identified((EnvironmentCalls) calls))))) {
            String message = refusal();
            assertTrue(message.contains("supervisor firmware marchid: 0x0 -> 0x2a"), message);
            assertEquals(1, changes(message), message);
        }
    }

    private static EnvironmentCalls identified(EnvironmentCalls calls) {
        return (Processor<?> caller) -> {
            boolean architecture = caller.register(A7) == 0x10 && caller.register(A6) == 5;
            calls.call(caller);
            if (architecture) {
                caller.setRegister(A1, 42);
            }
        };
    }
}
