package org.sterna.device.pvclock.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.state.Criticality;
import org.sterna.machine.state.FieldSchema;
import org.sterna.machine.state.StateException;

/** What a guest sees of its clock when it goes on in another process. */
class MigrationTest {
    /** Stops the source and brings time, memory and state to the destination, which stays stopped. */
    private static void migrate(Guest source, Guest destination, byte[] state) throws StateException {
        source.bench.pause();
        destination.bench.clock().restore(source.bench.clock().state());
        byte[] page = new byte[TimePage.TIME_BYTES];
        source.bench.memory().get(Guest.PAGE, page, 0, page.length);
        destination.bench.memory().put(Guest.PAGE, page, 0, page.length);
        destination.bench.load(state == null ? source.bench.save() : state);
    }

    /** The state as the first version writes it: the time alone. */
    private static byte[] firstVersion(Guest source) {
        return Cbor.encode(Map.of(1L, ((PvclockState) source.bench.device().state()).clock()));
    }

    @Test
    void aStateRoundTripIsExact() throws Exception {
        try (var source = Guest.started(Map.of()); var destination = new Guest(Map.of())) {
            source.pass(987_654_321);
            source.bench.write(PvclockDevice.WALL_CLOCK, 8, Guest.WALL);
            migrate(source, destination, null);
            assertArrayEquals(source.bench.save(), destination.bench.save());
        }
    }

    @Property(tries = 100)
    void timeGoesOnOrForwardByTheBlackout(@ForAll boolean account,
            @ForAll @LongRange(min = 0, max = 1L << 50) long before,
            @ForAll @LongRange(min = 0, max = 1L << 40) long blackout,
            @ForAll @LongRange(min = 0, max = 1L << 40) long elsewhere) throws StateException {
        var properties = Map.of("account-blackout", account ? "on" : "off");
        try (var source = Guest.started(properties); var destination = new Guest(properties)) {
            destination.pass(elsewhere);
            source.pass(before);
            long last = source.systemTime();
            migrate(source, destination, null);
            destination.wallTime.set(source.wallTime.get() + blackout);
            destination.bench.start();
            assertEquals(last + (account ? blackout : 0), destination.systemTime());
            assertEquals(source.ticks(), destination.ticks(), "the time counter knows of no blackout");
            destination.bench.pause();
            destination.bench.start();
            assertEquals(last + (account ? blackout : 0), destination.systemTime(), "it is counted once");
        }
    }

    @Test
    void thePageIsWrittenAgainWhereItWas() throws StateException {
        try (var source = Guest.started(Map.of()); var destination = new Guest(Map.of())) {
            source.bench.write(PvclockDevice.WALL_CLOCK, 8, Guest.WALL);
            migrate(source, destination, null);
            assertEquals(Guest.PAGE | 1, destination.bench.read(PvclockDevice.SYSTEM_TIME, 8));
            assertEquals(Guest.WALL, destination.bench.read(PvclockDevice.WALL_CLOCK, 8));
            assertEquals(2, destination.bench.memory().getInt(Guest.PAGE), "not before the guest runs");
            destination.bench.start();
            assertEquals(4, destination.bench.memory().getInt(Guest.PAGE));
            assertEquals(TimePage.TSC_STABLE | TimePage.GUEST_STOPPED, destination.flags());
        }
    }

    /** The fault of the first version: the guest's page is as the source left it, until the guest names it again. */
    @Test
    void aStateOfTheFirstVersionHasLostThePage() throws StateException {
        try (var source = Guest.started(Map.of()); var destination = new Guest(Map.of())) {
            source.pass(1_000_000);
            long last = source.systemTime();
            source.bench.pause();
            migrate(source, destination, firstVersion(source));
            destination.wallTime.set(source.wallTime.get() + 7_000);
            destination.bench.start();
            assertEquals(0, destination.bench.read(PvclockDevice.SYSTEM_TIME, 8));
            assertEquals(0, destination.bench.read(PvclockDevice.WALL_CLOCK, 8));
            assertEquals(2, destination.bench.memory().getInt(Guest.PAGE));
            destination.bench.write(PvclockDevice.SYSTEM_TIME, 8, Guest.PAGE | 1);
            assertEquals(last + 7_000, destination.systemTime());
        }
    }

    @Test
    void aGuestWithoutTheClockFitsTheFirstVersion() throws StateException {
        var schema = new PvclockFactory().model().state().schema();
        assertEquals(2, schema.version());
        assertEquals(List.of(Criticality.MANDATORY, Criticality.IGNORABLE_IF_DEFAULT, Criticality.IGNORABLE_IF_DEFAULT),
            schema.fields().stream().map(FieldSchema::criticality).toList());
        try (var source = new Guest(Map.of()); var destination = new Guest(Map.of())) {
            source.bench.start();
            source.pass(1_000_000);
            source.bench.pause();
            var tree = new TreeMap<>(Map.of(1L, 1_000_000L, 2L, 0L, 3L, 0L));
            assertArrayEquals(Cbor.encode(tree), source.bench.save());
            migrate(source, destination, firstVersion(source));
            assertArrayEquals(Cbor.encode(tree), destination.bench.save(), "nothing is lost there and back");
        }
    }
}
