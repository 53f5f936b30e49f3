package org.sterna.machine.virt.internal.interrupt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.sterna.machine.time.GuestClock;
import org.sterna.machine.virt.internal.BoardBench;
import org.sterna.machine.virt.internal.FakeProcessor;

class ClintTest {
    private static final long TIMEBASE = 10_000_000;
    private static final long COMPARE = 0x4000;
    private static final long TIME = 0xbff8;
    private final long[] hostTime = {0};
    private final HartInputs inputs = new HartInputs();
    private final FakeProcessor first = new FakeProcessor();
    private final FakeProcessor second = new FakeProcessor();

    private Clint clint(GuestClock clock) {
        inputs.connect(List.of(first, second));
        return new Clint(2, new TimeCounter(clock, TIMEBASE), inputs);
    }

    @Test
    void softwareInterruptsFollowTheirRegister() {
        Clint clint = clint(BoardBench.standing(hostTime));
        clint.write(4, 4, 0xffff_ffffL);
        assertEquals(1, clint.read(4, 4));
        assertTrue(second.high(HartInputs.MACHINE_SOFTWARE));
        assertFalse(first.high(HartInputs.MACHINE_SOFTWARE));
        clint.write(4, 4, 2);
        assertFalse(second.high(HartInputs.MACHINE_SOFTWARE));
    }

    @Test
    void theCounterIsGuestTimeInTicks() {
        Clint clint = clint(BoardBench.standing(hostTime));
        hostTime[0] = 429_496_729_699L;
        assertEquals(4_294_967_296L, clint.read(TIME, 8));
        assertEquals(0, clint.read(TIME, 4));
        assertEquals(1, clint.read(TIME + 4, 4));
        clint.write(TIME, 8, 77);
        assertEquals(4_294_967_296L, clint.read(TIME, 8), "it cannot be written");
    }

    @Test
    void theTimerInputIsTheComparison() {
        Clint clint = clint(BoardBench.standing(hostTime));
        assertEquals(-1, clint.read(COMPARE, 8));
        hostTime[0] = 1_000;
        clint.write(COMPARE, 8, 10);
        assertTrue(first.high(HartInputs.MACHINE_TIMER), "10 ticks have passed");
        clint.write(COMPARE, 8, 1L << 40);
        assertFalse(first.high(HartInputs.MACHINE_TIMER));
        clint.write(COMPARE, 8, -1);
        assertFalse(first.high(HartInputs.MACHINE_TIMER), "the greatest value is unsigned");
        clint.write(COMPARE + 4, 4, 0);
        clint.write(COMPARE, 4, 7);
        assertTrue(first.high(HartInputs.MACHINE_TIMER));
        assertEquals(7, clint.read(COMPARE, 8));
        assertEquals(7, clint.read(COMPARE, 4));
    }

    @Test
    void theTimerFiresWhenItsTimeComes() {
        try (var clock = new GuestClock()) {
            Clint clint = clint(clock);
            clock.start();
            clint.write(COMPARE + 8, 8, clint.read(TIME, 8) + TIMEBASE / 100);
            second.awaitHigh(HartInputs.MACHINE_TIMER);
            assertTrue(clint.read(TIME, 8) >= clint.read(COMPARE + 8, 8), "not before its time");
            assertFalse(first.high(HartInputs.MACHINE_TIMER));
        }
    }

    @Test
    void aRestoredTimerFiresOnceTimeRunsOn() {
        try (var clock = new GuestClock()) {
            Clint clint = clint(clock);
            clint.restore(new ClintState(List.of(true, false), List.of(-1L, TIMEBASE / 100)));
            assertTrue(first.high(HartInputs.MACHINE_SOFTWARE));
            assertFalse(second.high(HartInputs.MACHINE_TIMER));
            clock.start();
            second.awaitHigh(HartInputs.MACHINE_TIMER);
        }
    }

    @Test
    void aRestoredTimerThatIsDueIsHighAtOnceAndOneThatIsNotIsLow() {
        Clint clint = clint(BoardBench.standing(hostTime));
        hostTime[0] = 1_000_000_000L;
        first.interrupt(HartInputs.MACHINE_TIMER, true);
        clint.restore(new ClintState(List.of(false, false), List.of(TIMEBASE + 1, TIMEBASE)));
        assertFalse(first.high(HartInputs.MACHINE_TIMER));
        assertTrue(second.high(HartInputs.MACHINE_TIMER));
        assertThrows(IllegalArgumentException.class, () -> clint.restore(new ClintState(List.of(), List.of())));
    }

    @Property
    void theTimeOfATickIsTheFirstAtWhichTheCounterShowsIt(
            @ForAll @LongRange(min = 1_000, max = 1_000_000_000) long timebase,
            @ForAll @LongRange(min = 1, max = 1L << 50) long ticks) {
        var counter = new TimeCounter(BoardBench.standing(hostTime), timebase);
        long time = counter.timeOf(ticks);
        if (time == Long.MAX_VALUE) {
            assertTrue(ticks / timebase > 9_000_000_000L);
            return;
        }
        assertEquals(ticks, ticksAt(timebase, time));
        assertTrue(ticksAt(timebase, time - 1) < ticks);
    }

    private static long ticksAt(long timebase, long time) {
        long[] now = {0};
        var counter = new TimeCounter(BoardBench.standing(now), timebase);
        now[0] = time;
        return counter.ticks();
    }
}
