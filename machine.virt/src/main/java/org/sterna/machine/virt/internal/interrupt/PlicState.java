package org.sterna.machine.virt.internal.interrupt;

import java.util.List;
import org.sterna.machine.state.Field;

/**
 * The state of the platform-level interrupt controller. The levels of the interrupt lines are the devices': each
 * drives its own when it is restored. Sets of sources are words of 32 bits, source 0 in the lowest bit of the first.
 *
 * @param priorities the priority of each source, 0 to 7
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
     * @param threshold the priority that a request must exceed, 0 to 7
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
        if (priorities.size() != Plic.SOURCES) {
            throw new IllegalArgumentException("priorities: " + priorities.size() + " instead of " + Plic.SOURCES);
        }
        priorities.forEach(value -> priority("priorities", value));
        pending = sources("pending", pending);
        claimed = sources("claimed", claimed);
        contexts = List.copyOf(contexts);
    }

    private static void priority(String field, int value) {
        if (value < 0 || value > Plic.MAX_PRIORITY) {
            throw new IllegalArgumentException(field + ": " + value + " is not in 0.." + Plic.MAX_PRIORITY);
        }
    }

    private static List<Integer> sources(String field, List<Integer> words) {
        if (words.size() != Plic.WORDS) {
            throw new IllegalArgumentException(field + ": " + words.size() + " words instead of " + Plic.WORDS);
        }
        if ((words.getFirst() & 1) != 0) {
            throw new IllegalArgumentException(field + ": has source 0, which does not exist");
        }
        return List.copyOf(words);
    }
}
