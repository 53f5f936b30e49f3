package org.sterna.machine.virt.internal.interrupt;

import java.util.List;
import org.sterna.machine.state.Field;

/**
 * The state of the platform-level interrupt controller. The levels of the interrupt lines are the devices': each
 * drives its own when it is restored. Sets of sources are words of 32 bits, source 0 in the lowest bit of the first.
 *
 * @param priorities the priority of each source, from source 0 on, which has none; not negative
 * @param pending    the sources whose request waits to be claimed
 * @param claimed    the sources whose request has been claimed and not completed
 * @param contexts   the contexts: for each hart machine mode, then supervisor mode
 */
public record PlicState(@Field(1) List<Integer> priorities, @Field(2) List<Integer> pending,
        @Field(3) List<Integer> claimed, @Field(4) List<Context> contexts) {
    /**
     * What one mode of one hart gets.
     *
     * @param enabled   the sources that it gets
     * @param threshold the priority that a request must exceed, not negative
     */
    public record Context(@Field(1) List<Integer> enabled, @Field(2) int threshold) {
        /** Checks ranges. */
        public Context {
            enabled = sources("enabled", enabled);
            priority("threshold", threshold);
        }
    }

    /** Checks sizes and ranges. */
    public PlicState {
        priorities = List.copyOf(priorities);
        priorities.forEach(value -> priority("priorities", value));
        pending = sources("pending", pending);
        claimed = sources("claimed", claimed);
        contexts = List.copyOf(contexts);
    }

    private static void priority(String field, int value) {
        if (value < 0) {
            throw new IllegalArgumentException(field + ": " + value + " is negative");
        }
    }

    private static List<Integer> sources(String field, List<Integer> words) {
        if (words.isEmpty() || (words.getFirst() & 1) != 0) {
            throw new IllegalArgumentException(field + ": is empty, or has source 0, which does not exist");
        }
        return List.copyOf(words);
    }
}
