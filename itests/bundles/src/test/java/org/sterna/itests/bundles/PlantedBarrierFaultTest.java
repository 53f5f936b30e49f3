package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.memory.GuestMemory;

/** The drill guest sees a disk that promises barriers and does not keep them. */
@ExtendWith(ServiceExtension.class)
class PlantedBarrierFaultTest {
    @InjectService(timeout = 10_000)
    Machines machines;
    @TempDir
    Path folder;

    @Test
    void anIgnoredBarrierIsCaught() throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        try (var planted = Planted.instead(DeviceFactory.class, "virtio-blk", PlantedBarrierFaultTest::lying);
                Machine machine = drill.boot(machines, console,
                    drill.definition("virt-1.2", console, Map.of(), "registers=legacy"))) {
            Drill.await(console, report -> report.violations() > 0);
            assertTrue(Drill.text(console).contains("DRILL violation disk"), Drill.text(console));
            assertTrue(Drill.last(console).barriers() > 0, "the guest uses barriers");
        }
    }

    private static DeviceFactory lying(DeviceFactory honest) {
        return Planted.intercept(DeviceFactory.class, honest, (method, arguments, original) -> {
            Object answer = original.call(arguments);
            return method.equals("create")
                ? new Liar(((DeviceContext) arguments[0]).memory()).of((Device<?>) answer) : answer;
        });
    }

    /**
     * What stands between the guest and a disk with legacy registers that has no barriers: it offers them, and takes the
     * flag off each request before the disk sees it (virtio 1.3, sections 2.7.2, 4.2.4 and 5.2.6).
     */
    private static final class Liar {
        private static final int BARRIER = 1;
        private static final int HOST_FEATURES = 0x10;
        private static final int HOST_FEATURES_SEL = 0x14;
        private static final int GUEST_FEATURES = 0x20;
        private static final int QUEUE_NUM = 0x38;
        private static final int QUEUE_PFN = 0x40;
        private static final int QUEUE_NOTIFY = 0x50;
        private static final int DESCRIPTOR_BYTES = 16;
        private static final int INDIRECT = 4;

        private final GuestMemory memory;
        private long word;
        private long size;
        private long ring;
        private int seen;

        Liar(GuestMemory memory) {
            this.memory = memory;
        }

        Device<?> of(Device<?> disk) {
            return Planted.intercept(Device.class, disk, (method, arguments, original) -> switch (method) {
                case "read" -> (long) original.call(arguments)
                    | ((long) arguments[0] == HOST_FEATURES && word == 0 ? BARRIER : 0);
                case "write" -> original.call(arguments[0], arguments[1], written((long) arguments[0], (long) arguments[2]));
                default -> original.call(arguments);
            });
        }

        private long written(long register, long value) {
            switch ((int) register) {
                case HOST_FEATURES_SEL -> word = value;
                case QUEUE_NUM -> size = value;
                case QUEUE_PFN -> ring = value * GuestMemory.PAGE_SIZE;
                case QUEUE_NOTIFY -> takeFlags();
                case GUEST_FEATURES -> {
                    return value & ~BARRIER;
                }
                default -> { }
            }
            return value;
        }

        private void takeFlags() {
            long available = ring + size * DESCRIPTOR_BYTES;
            int end = memory.getShort(available + 2) & 0xffff;
            for (; seen != end; seen = seen + 1 & 0xffff) {
                int head = memory.getShort(available + 4 + 2 * (seen % size)) & 0xffff;
                long descriptor = ring + (long) head * DESCRIPTOR_BYTES;
                if ((memory.getShort(descriptor + 12) & INDIRECT) != 0) {
                    descriptor = memory.getLong(descriptor);
                }
                long header = memory.getLong(descriptor);
                memory.putInt(header, memory.getInt(header) & Integer.MAX_VALUE);
            }
        }
    }
}
