package org.sterna.device.serial.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.Size;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateType;

/** State: whatever a guest did, another device goes on from its state as the first one would have. */
class StateTest {
    /** An access; a value of -1 is a load. */
    record Access(int offset, int size, long value) {
        long on(Guest guest) {
            long result = 0;
            if (value == -1) {
                result = guest.bench.read(offset, size);
            } else {
                guest.bench.write(offset, size, value);
            }
            guest.settle();
            return result;
        }
    }

    @Provide
    Arbitrary<Access> accesses() {
        // Loopback is on in many of them, for it is what fills the receiver.
        Arbitrary<Long> values = Arbitraries.frequencyOf(Tuple.of(4, Arbitraries.just(-1L)),
            Tuple.of(2, Arbitraries.longs().between(0, 255)),
            Tuple.of(2, Arbitraries.of(0x10L, 0x1fL, 0x01L, 0xc1L, 0x80L, 0xa1L)));
        return Combinators.combine(Arbitraries.integers().between(0, 7), Arbitraries.just(1), values).as(Access::new);
    }

    @Provide
    Arbitrary<Access> hostile() {
        Arbitrary<Long> values = Arbitraries.oneOf(Arbitraries.just(-1L), Arbitraries.longs());
        return Combinators.combine(Arbitraries.oneOf(Arbitraries.integers().between(0, 8), Arbitraries.integers()
            .between(0, Integer.MAX_VALUE)), Arbitraries.of(1, 2, 4, 8), values).as(Access::new);
    }

    @Provide
    Arbitrary<Map<String, String>> uarts() {
        return Arbitraries.of(Map.of(), Map.of("fifo", "off"), Map.of("fifo-depth", "64"));
    }

    @Property(tries = 200)
    void aRestoredDeviceGoesOnAsTheOriginal(@ForAll("uarts") Map<String, String> uart, @ForAll @Size(max = 60) List<@From("accesses") Access> before,
            @ForAll @Size(max = 40) List<@From("accesses") Access> after) throws StateException {
        var time = new AtomicLong();
        try (var source = Guest.inTime(time, uart); var destination = Guest.inTime(time, uart)) {
            before.forEach(access -> access.on(source));
            source.bench.pause();
            destination.bench.pause();
            byte[] state = source.bench.save();
            destination.bench.load(state);
            assertArrayEquals(state, destination.bench.save());
            assertEquals(source.bench.interruptLevel(), destination.bench.interruptLevel());
            source.bench.start();
            destination.bench.start();
            for (Access access : after) {
                assertEquals(access.on(source), access.on(destination), access::toString);
                assertEquals(source.bench.interruptLevel(), destination.bench.interruptLevel());
            }
            assertArrayEquals(source.bench.save(), destination.bench.save());
        }
    }

    @Property(tries = 300)
    void noAccessMakesTheHostThrow(@ForAll @Size(max = 100) List<@From("hostile") Access> accesses) {
        try (var guest = Guest.inTime(new AtomicLong())) {
            for (Access access : accesses) {
                long value = access.on(guest);
                assertTrue(value >= 0 && value <= 0xff, "a register is a byte wide");
            }
            guest.bench.save();
        }
    }

    @Example
    void theTimeoutRunsOnInAnotherProcess() throws StateException {
        var time = new AtomicLong();
        try (var source = Guest.inTime(time); var destination = Guest.inTime(time)) {
            source.write(Guest.FCR, 0xc1);
            source.write(Guest.MCR, Guest.LOOP);
            source.write(Guest.IER, Uart.IER_RECEIVED);
            source.loop('a');
            source.bench.pause();
            destination.bench.pause();
            destination.bench.load(source.bench.save());
            destination.bench.start();
            time.addAndGet(source.state().timeoutAt());
            destination.bench.await("character timeout", destination.bench::interruptLevel);
            assertEquals(0xc0 | Uart.IIR_TIMEOUT, destination.read(Guest.IIR));
        }
    }

    @Example
    void charactersThatHaveNotLeftAreSentByTheOtherProcess() throws StateException {
        var tree = tree();
        tree.put(3L, 0x01L);
        tree.put(12L, "abc".getBytes(StandardCharsets.US_ASCII));
        try (var guest = Guest.inTime(new AtomicLong())) {
            guest.bench.pause();
            guest.bench.load(Cbor.encode(tree));
            assertEquals(3, guest.state().transmit().length);
            guest.write(Guest.IER, Uart.IER_THR_EMPTY);
            guest.bench.start();
            guest.settle();
            assertTrue(guest.bench.interruptLevel());
        }
    }

    @Property(tries = 100)
    void contradictionsAreRefusedByName(@ForAll("contradictions") Map.Entry<Map<Long, Object>, String> contradiction) {
        var tree = tree();
        tree.putAll(contradiction.getKey());
        try (var guest = Guest.inTime(new AtomicLong())) {
            guest.bench.pause();
            var refused = assertThrows(StateException.class, () -> guest.bench.load(Cbor.encode(tree)));
            assertTrue(refused.getMessage().startsWith(contradiction.getValue() + ":"), refused.getMessage());
        }
    }

    @Provide
    Arbitrary<Map.Entry<Map<Long, Object>, String>> contradictions() {
        return Arbitraries.of(
            Map.entry(Map.of(1L, 0x10000L), "divisor"),
            Map.entry(Map.of(2L, 0x10L), "ier"),
            Map.entry(Map.of(3L, 0x06L), "fcr"),
            Map.entry(Map.of(4L, -1L), "lcr"),
            Map.entry(Map.of(5L, 0x20L), "mcr"),
            Map.entry(Map.of(6L, 0x10L), "modemDeltas"),
            Map.entry(Map.of(7L, 0x100L), "scr"),
            Map.entry(Map.of(8L, 0x01L), "lineErrors"),
            Map.entry(Map.of(10L, new byte[2], 11L, new byte[2]), "received"),
            Map.entry(Map.of(3L, 1L, 10L, new byte[17], 11L, new byte[17]), "received"),
            Map.entry(Map.of(3L, 0x21L), "fcr"),
            Map.entry(Map.of(10L, new byte[1]), "receivedErrors"),
            Map.entry(Map.of(10L, new byte[1], 11L, new byte[] {0x10}), "receivedErrors"),
            Map.entry(Map.of(12L, new byte[2]), "transmit"),
            Map.entry(Map.of(13L, true), "timeoutPending"),
            Map.entry(Map.of(14L, 1L), "timeoutAt"),
            Map.entry(Map.of(14L, Long.MIN_VALUE), "timeoutAt"));
    }

    private static Map<Long, Object> tree() {
        var state = new SerialState(12, 0, 0, 3, 8, 0, 0, 0, false, new byte[0], new byte[0], new byte[0], false, 0);
        return new TreeMap<>(StateType.of("serial", SerialState.class).toTree(state));
    }
}
