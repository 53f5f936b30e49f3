package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.abi.Provenance;
import org.sterna.machine.abi.Setting;
import org.sterna.machine.state.StateType;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Outcome;

class AdviceTest {
    private static final AbiVersion ABI = new AbiVersion(1, 2);
    private static final Property<Long> QUEUES = Property.guest("queues", new PropertyType.Number(1, 8)).since("1.2").before(1L)
        .defaultValue(4L).meaning("Queues.");
    private static final Property<Boolean> DISCARD = Property.feature("discard", 13).meaning("Discards.");
    private static final Property<Long> SIZE = Property.guest("size", new PropertyType.Size(512, 1 << 20, 512)).meaning("Size.");
    private static final Property<Long> TIMEBASE = Property.guest("timebase", new PropertyType.Number(1, 9)).before(1L)
        .meaning("Time.");
    private final FakePart disk = part("/disk@0", FakeHost.DISK, new FakeHost.DiskState(List.of(), new byte[0]));
    private final FakePart cpu = part("/cpu@0", FakeHost.OLD_TIMER, new FakeHost.OldTimer(0));
    private final FakePart board = part("/board", FakeHost.OLD_TIMER, new FakeHost.OldTimer(0));
    private final AbiDocument abi = new AbiDocument("fake-1.2", 4096, 1, abi("board", TIMEBASE, 5L), abi("cpu", TIMEBASE, 6L),
        new TreeMap<>(Map.of("/disk@0", abi("disk", QUEUES, 4L, DISCARD, true, SIZE, 512L))));

    private static <S extends Record> FakePart part(String path, StateType<S> type, S state) {
        var part = FakePart.holding(path, "1.2.0", type, state);
        part.model = Optional.of(new Model("disk", ABI, List.of(QUEUES, DISCARD, SIZE, TIMEBASE), type));
        return part;
    }

    private static PartAbi abi(String type, Object... values) {
        var settings = new TreeMap<String, Setting>();
        for (int i = 0; i < values.length; i += 2) {
            settings.put(((Property<?>) values[i]).name(), new Setting(values[i + 1], Provenance.MACHINE_TYPE));
        }
        return new PartAbi(type, ABI, 0, settings);
    }

    private Reason complete(String path, String item, String remedy) {
        var verdict = new Verdict(Outcome.BLOCKED, List.of(), List.of(new Reason(path, item, "cause", remedy)), List.of());
        return new Advice(abi, List.of(cpu, board, disk)).complete(verdict).reasons().getFirst();
    }

    @Test
    void aPropertyOfAnyTypeIsNamedWithTheValueThatStandsForItsAbsence() {
        assertEquals(new Reason("/disk@0", "queues", "cause", "install it; or give a new machine --device disk,queues=1"),
            complete("/disk@0", "queues", "install it"));
    }

    @Test
    void whatTheDestinationHasSaidIsNotSaidTwice() {
        assertEquals("a new machine can go there with --device disk,queues=1",
            complete("/disk@0", "queues", "a new machine can go there with --device disk,queues=1").remedy());
    }

    @Test
    void aFeatureThatIsOnlyOfferedIsToldFromOneInUse() {
        assertEquals("cause; it is offered, and the driver has not accepted it so far", complete("/disk@0", "discard", "").cause());
        disk.acknowledged = Set.of("discard");
        assertEquals(new Reason("/disk@0", "discard", "cause", "give a new machine --device disk,discard=off"),
            complete("/disk@0", "discard", ""));
    }

    @Test
    void boardAndProcessorsHaveTheirOwnOptions() {
        assertEquals("give a new machine --board timebase=1", complete("/board", "timebase", "").remedy());
        assertEquals("give a new machine --processor timebase=1", complete("/cpu", "timebase", "").remedy());
    }

    @Test
    void whatIsNoGuestPropertyIsLeftAsItIs() {
        for (String item : List.of("", "nothing", "size")) {
            assertEquals(new Reason("/disk@0", item, "cause", "remedy"), complete("/disk@0", item, "remedy"));
        }
        assertEquals("remedy", complete("/moon@0", "discard", "remedy").remedy());
    }
}
