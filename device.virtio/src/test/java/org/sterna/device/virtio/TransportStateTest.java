package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.testkit.VirtioDriver.*;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sterna.testkit.DeviceBench;

/** The transport's state: a device goes on elsewhere exactly as it was, and takes no state that contradicts itself. */
class TransportStateTest {
    @Property(tries = 60)
    void aDeviceGoesOnWhereverItIsMoved(@ForAll @Size(max = 12) List<@IntRange(max = 3) Integer> steps,
            @ForAll boolean eventIndex) throws Exception {
        try (var guest = new EchoGuest(VERSION_1 | INDIRECT_DESC | (eventIndex ? EVENT_IDX : 0), 4)) {
            int echoes = 0;
            for (int step : steps) {
                switch (step) {
                    case 0 -> guest.migrate();
                    case 1 -> guest.echo("echo " + echoes++);
                    case 2 -> {
                        // Made available, and the device is moved before it is notified.
                        byte[] bytes = ("late " + echoes++).getBytes();
                        guest.put(bytes);
                        int head = guest.queue.add(guest.request(bytes.length));
                        guest.migrate();
                        guest.queue.kick();
                        guest.checkEcho(head, bytes);
                    }
                    default -> {
                        // In flight when the move begins.
                        byte[] bytes = ("moving " + echoes++).getBytes();
                        guest.put(bytes);
                        int head = guest.queue.add(guest.request(bytes.length));
                        guest.queue.kick();
                        guest.migrate();
                        guest.checkEcho(head, bytes);
                    }
                }
            }
            assertEquals(echoes, guest.queue.usedIndex());
        }
    }

    @Test
    void anInterruptThatIsPendingStaysPending() throws Exception {
        try (var guest = new EchoGuest(VERSION_1, 8)) {
            guest.echo("interrupt");
            guest.migrate();
            assertTrue(guest.bench().interruptLevel());
            assertEquals(1, guest.driver.takeInterrupt());
        }
    }

    @Test
    void aHalfSetUpDeviceIsSetUpToTheEndElsewhere() throws Exception {
        try (var guest = new EchoGuest(VERSION_1, 8)) {
            guest.driver.negotiate(VERSION_1);
            guest.driver.write(QUEUE_SEL, 1);
            guest.driver.write(QUEUE_SIZE, 16);
            guest.driver.write(DEVICE_FEATURES_SEL, 1);
            byte[] before = guest.bench().save();
            guest.migrate();
            assertArrayEquals(before, guest.bench().save());
            assertEquals(1, guest.driver.read(DEVICE_FEATURES));
            guest.use(guest.driver.queue(8));
            guest.driver.ready();
            guest.echo("done");
        }
    }

    @Test
    void aDeviceThatNeedsAResetStillDoes() throws Exception {
        try (var guest = new EchoGuest(VERSION_1, 8)) {
            guest.queue.publish(9999);
            guest.queue.kick();
            guest.migrate();
            assertNotEquals(0, guest.status() & NEEDS_RESET);
            guest.setUp(VERSION_1, 8);
            guest.echo("reset");
        }
    }

    static Stream<Arguments> contradictions() {
        return Stream.of(
            contradiction("status", s -> with(s, 0x100, s.driverFeatures(), 0, s.queues())),
            contradiction("status", s -> with(s, DRIVER_OK, s.driverFeatures(), 0, List.of(untouched(), untouched()))),
            contradiction("driverFeatures", s -> with(s, s.status(), VERSION_1 | 1L << 50, 0, s.queues())),
            contradiction("driverFeatures", s -> with(s, s.status(), 0, 0, s.queues())),
            contradiction("interruptStatus", s -> with(s, s.status(), s.driverFeatures(), 4, s.queues())),
            contradiction("queues", s -> with(s, s.status(), s.driverFeatures(), 0, List.of(untouched()))),
            contradiction("queues[0].ready", s -> with(s, 0, s.driverFeatures(), 0, s.queues())),
            contradiction("queues[1]", s -> with(s, s.status(), s.driverFeatures(), 0,
                List.of(untouched(), new QueueState(3, true, 0, 0, 0, (short) 0, (short) 0)))),
            contradiction("queues[1]", s -> with(s, s.status(), s.driverFeatures(), 0,
                List.of(untouched(), new QueueState(8, true, -16, 0, 0, (short) 0, (short) 0)))));
    }

    private static Arguments contradiction(String field, UnaryOperator<TransportState> change) {
        return Arguments.of(field, change);
    }

    private static QueueState untouched() {
        return QueueState.untouched(EchoFactory.QUEUE_SIZE);
    }

    private static TransportState with(TransportState s, int status, long features, int interrupts,
            List<QueueState> queues) {
        return new TransportState(status, features, interrupts, s.configGeneration(), s.deviceFeaturesSelect(),
            s.driverFeaturesSelect(), s.queueSelect(), queues);
    }

    @ParameterizedTest
    @MethodSource("contradictions")
    void aStateThatContradictsItselfIsRefused(String field, UnaryOperator<TransportState> change) {
        try (var guest = new EchoGuest(VERSION_1, 8); var other = new DeviceBench(new EchoFactory(), Map.of())) {
            TransportState state = change.apply(guest.bench().call(d -> guest.device().transport().state()));
            var refused = assertThrows(IllegalArgumentException.class, () -> other.serialized(
                () -> ((EchoFactory.Echo) other.device()).restore(new EchoFactory.EchoState(state, LegacyState.UNUSED))));
            assertTrue(refused.getMessage().startsWith(field), refused.getMessage());
        }
    }
}
