package org.sterna.machine.virt.internal.sbi;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Which harts run, by the states of the hart state management extension (SBI 2.0, chapter 9). */
final class HartStates {
    /** The states that a hart can have here, in the order of their numbers. */
    enum State {
        STARTED, STOPPED, START_PENDING
    }

    private final State[] states;

    HartStates(int harts) {
        states = new State[harts];
        Arrays.fill(states, State.STOPPED);
    }

    int count() {
        return states.length;
    }

    synchronized State get(int hart) {
        return states[hart];
    }

    synchronized void set(int hart, State state) {
        states[hart] = state;
    }

    /** Changes a state if it is as expected; returns what it was. */
    synchronized State exchange(int hart, State expected, State state) {
        State was = states[hart];
        if (was == expected) {
            states[hart] = state;
        }
        return was;
    }

    synchronized List<Boolean> started() {
        return Arrays.stream(states).map(state -> state == State.STARTED).toList();
    }

    synchronized void restore(List<Boolean> started) {
        for (int hart = 0; hart < states.length; hart++) {
            states[hart] = started.get(hart) ? State.STARTED : State.STOPPED;
        }
    }

    /**
     * The harts of a mask and its base (SBI 2.0, section 3.1) that run.
     *
     * @param base the hart of bit 0, or -1 for all harts whatever the mask
     * @return their numbers, or null if one of them does not exist
     */
    int[] running(long mask, long base) {
        boolean exist = base >= 0 && base < states.length
            && base + Long.SIZE - Long.numberOfLeadingZeros(mask) <= states.length;
        if (base != -1 && !exist) {
            return null;
        }
        return IntStream.range(0, states.length)
            .filter(hart -> base == -1 || hart >= base && hart - base < Long.SIZE && (mask >>> hart - base & 1) != 0)
            .filter(hart -> get(hart) == State.STARTED).toArray();
    }
}
