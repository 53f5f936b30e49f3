package org.sterna.machine.virt.internal.interrupt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.virt.internal.FakeProcessor;

class PlicTest {
    private static final int SUPERVISOR = 1;
    private final HartInputs inputs = new HartInputs();
    private final FakeProcessor first = new FakeProcessor();
    private final FakeProcessor second = new FakeProcessor();
    private final Plic plic = new Plic(2, 95, 3, inputs);

    @BeforeEach
    void connect() {
        inputs.connect(List.of(first, second));
    }

    private void priority(int source, int priority) {
        plic.write(4L * source, 4, priority);
    }

    private void enable(int context, int source) {
        long register = 0x2000 + 0x80L * context + 4 * (source / 32);
        plic.write(register, 4, plic.read(register, 4) | 1L << source % 32);
    }

    private void threshold(int context, int threshold) {
        plic.write(0x20_0000 + 0x1000L * context, 4, threshold);
    }

    private long claim(int context) {
        return plic.read(0x20_0004 + 0x1000L * context, 4);
    }

    private void complete(int context, int source) {
        plic.write(0x20_0004 + 0x1000L * context, 4, source);
    }

    private boolean pending(int source) {
        return (plic.read(0x1000 + 4 * (source / 32), 4) >>> source % 32 & 1) != 0;
    }

    @Test
    void aLineInterruptsTheContextThatEnablesIt() {
        priority(40, 1);
        enable(3, 40);
        plic.line(40).set(true);
        assertTrue(second.high(HartInputs.SUPERVISOR_EXTERNAL));
        assertFalse(second.high(HartInputs.MACHINE_EXTERNAL));
        assertFalse(first.high(HartInputs.SUPERVISOR_EXTERNAL));
        assertEquals(0, claim(SUPERVISOR), "not enabled there");
        assertEquals(40, claim(3));
        assertFalse(second.high(HartInputs.SUPERVISOR_EXTERNAL), "nothing else is pending");
    }

    @Test
    void priorityZeroNeverInterrupts() {
        enable(SUPERVISOR, 5);
        plic.line(5).set(true);
        assertTrue(pending(5));
        assertFalse(first.high(HartInputs.SUPERVISOR_EXTERNAL));
        assertEquals(0, claim(SUPERVISOR));
        priority(5, 1);
        assertTrue(first.high(HartInputs.SUPERVISOR_EXTERNAL));
    }

    @Test
    void theHighestPriorityIsClaimedFirstAndThenTheLowestNumber() {
        for (int source : new int[] {3, 7, 64, 95}) {
            enable(SUPERVISOR, source);
            plic.line(source).set(true);
        }
        priority(3, 2);
        priority(7, 2);
        priority(64, 6);
        priority(95, 1);
        assertEquals(List.of(64L, 3L, 7L, 95L, 0L),
            List.of(claim(SUPERVISOR), claim(SUPERVISOR), claim(SUPERVISOR), claim(SUPERVISOR), claim(SUPERVISOR)));
    }

    @Test
    void theThresholdMasksNotificationsButNotClaims() {
        priority(9, 3);
        enable(SUPERVISOR, 9);
        threshold(SUPERVISOR, 3);
        plic.line(9).set(true);
        assertFalse(first.high(HartInputs.SUPERVISOR_EXTERNAL));
        threshold(SUPERVISOR, 2);
        assertTrue(first.high(HartInputs.SUPERVISOR_EXTERNAL));
        threshold(SUPERVISOR, 7);
        assertFalse(first.high(HartInputs.SUPERVISOR_EXTERNAL));
        assertEquals(9, claim(SUPERVISOR));
    }

    @Test
    void aLevelInterruptsAgainAfterCompletionOnlyWhileItIsHigh() {
        priority(1, 1);
        enable(SUPERVISOR, 1);
        plic.line(1).set(true);
        assertEquals(1, claim(SUPERVISOR));
        plic.line(1).set(false);
        plic.line(1).set(true);
        assertFalse(pending(1), "one request at a time");
        complete(SUPERVISOR, 1);
        assertTrue(first.high(HartInputs.SUPERVISOR_EXTERNAL));
        assertEquals(1, claim(SUPERVISOR));
        plic.line(1).set(false);
        complete(SUPERVISOR, 1);
        assertFalse(pending(1));
        assertFalse(first.high(HartInputs.SUPERVISOR_EXTERNAL));
    }

    @Test
    void aForwardedRequestStaysWhenItsLineFalls() {
        priority(1, 1);
        enable(SUPERVISOR, 1);
        plic.line(1).set(true);
        plic.line(1).set(false);
        assertEquals(1, claim(SUPERVISOR));
    }

    @Test
    void aCompletionOfASourceThatIsNotEnabledIsIgnored() {
        priority(1, 1);
        enable(SUPERVISOR, 1);
        plic.line(1).set(true);
        assertEquals(1, claim(SUPERVISOR));
        complete(3, 1);
        assertFalse(pending(1));
        complete(SUPERVISOR, 1);
        assertTrue(pending(1));
    }

    @Test
    void sourceZeroAndBitsBeyondThePriorityDoNotExist() {
        plic.write(0, 4, 5);
        plic.write(0x2000, 4, 0xffff_ffffL);
        plic.write(4, 4, 0xff);
        assertEquals(0, plic.read(0, 4));
        assertEquals(0xffff_fffeL, plic.read(0x2000, 4));
        assertEquals(7, plic.read(4, 4));
        assertEquals(0, plic.read(4, 8), "registers have 32 bits");
    }

    @Test
    void aRestoredControllerGoesOnWhereTheOtherStood() {
        priority(10, 4);
        priority(11, 5);
        enable(SUPERVISOR, 10);
        enable(SUPERVISOR, 11);
        plic.line(10).set(true);
        plic.line(11).set(true);
        assertEquals(11, claim(SUPERVISOR));

        var there = new FakeProcessor();
        var otherInputs = new HartInputs();
        otherInputs.connect(List.of(there, new FakeProcessor()));
        var other = new Plic(2, 95, 3, otherInputs);
        other.restore(plic.state());
        assertEquals(plic.state(), other.state());
        assertTrue(there.high(HartInputs.SUPERVISOR_EXTERNAL), "10 is pending");
        assertEquals(10, other.read(0x20_1004, 4));
        assertFalse(there.high(HartInputs.SUPERVISOR_EXTERNAL));
        other.line(11).set(true);
        other.write(0x20_1004, 4, 11);
        assertEquals(11, other.read(0x20_1004, 4), "the device drives its line again");
    }

    @Test
    void aResetForgetsAllButTheLines() {
        priority(10, 4);
        enable(SUPERVISOR, 10);
        plic.line(10).set(true);
        assertEquals(10, claim(SUPERVISOR));
        plic.reset();
        assertFalse(first.high(HartInputs.SUPERVISOR_EXTERNAL));
        assertTrue(pending(10), "its line is still high");
        assertEquals(0, plic.read(40, 4));
    }

    @Test
    void aStateThatDoesNotFitIsRefusedByName() {
        PlicState state = plic.state();
        assertTrue(assertThrows(IllegalArgumentException.class,
            () -> plic.restore(new PlicState(List.of(1), state.pending(), state.claimed(), state.contexts())))
            .getMessage().startsWith("plic.priorities"));
        assertTrue(assertThrows(IllegalArgumentException.class,
            () -> new PlicState(state.priorities(), List.of(1, 0, 0), state.claimed(), state.contexts()))
            .getMessage().startsWith("pending"));
        assertTrue(assertThrows(IllegalArgumentException.class,
            () -> new PlicState.Context(List.of(0, 0, 0), -1)).getMessage().startsWith("threshold"));
        var context = new PlicState.Context(List.of(0, 0, 0), 8);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> plic.restore(new PlicState(state.priorities(),
            state.pending(), state.claimed(), List.of(context, context, context, context)))).getMessage().contains("above 7"));
        assertTrue(assertThrows(IllegalArgumentException.class,
            () -> new Plic(1, 95, 3, inputs).restore(state)).getMessage().startsWith("plic.contexts"));
    }

    @Test
    void hasAsManySourcesAndPrioritiesAsItIsTold() {
        var large = new Plic(2, 100, 5, inputs);
        large.write(4 * 100, 4, 0xff);
        large.write(4 * 101, 4, 0xff);
        assertEquals(31, large.read(4 * 100, 4));
        assertEquals(0, large.read(4 * 101, 4));
        large.write(0x2080 + 12, 4, -1);
        assertEquals(0x1f, large.read(0x2080 + 12, 4), "sources 96 to 100");
        large.line(100).set(true);
        assertTrue(first.high(HartInputs.SUPERVISOR_EXTERNAL));
        assertEquals(100, large.read(0x20_1004, 4));
        var other = new Plic(2, 100, 5, inputs);
        other.restore(large.state());
        assertEquals(large.state(), other.state());
        assertThrows(IllegalArgumentException.class, () -> plic.restore(large.state()));
    }
}
