package org.sterna.machine.virt.internal.interrupt;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.sterna.machine.device.InterruptLine;
import org.sterna.machine.memory.MmioHandler;

/**
 * The platform-level interrupt controller ({@code sifive,plic-1.0.0}, RISC-V PLIC specification 1.0.0). Every line is
 * level-triggered: its gateway forwards one request, and the next only after the completion of the last, if the line
 * is still high then. A forwarded request stays even if its line falls.
 */
public final class Plic implements MmioHandler {
    /** The size of its registers in bytes. */
    public static final long SIZE = 0x60_0000;

    private static final long PENDING = 0x1000;
    private static final long ENABLE = 0x2000;
    private static final long ENABLE_STRIDE = 0x80;
    private static final long CONTEXT = 0x20_0000;
    private static final long CONTEXT_STRIDE = 0x1000;
    private static final long CLAIM = 4;

    private final HartInputs inputs;
    private final int maxPriority;
    /** The number of 32-bit words that hold one bit of each source. */
    private final int words;
    private final int[] priorities;
    private final SourceSet levels;
    private final SourceSet pending;
    private final SourceSet claimed;
    private final Context[] contexts;

    private static final class Context {
        final SourceSet enabled;
        int threshold;
        boolean asserted;

        Context(int sources) {
            enabled = new SourceSet(sources);
        }
    }

    /**
     * A controller after power-on, with two contexts for each hart: machine mode, then supervisor mode.
     *
     * @param sources      the number of the last source, 1 to 1023; the first is 1
     * @param priorityBits the width of a priority and a threshold in bits, 1 to 31
     */
    public Plic(int harts, int sources, int priorityBits, HartInputs inputs) {
        this.inputs = inputs;
        this.maxPriority = -1 >>> 32 - priorityBits;
        this.priorities = new int[sources + 1];
        this.levels = new SourceSet(sources);
        this.pending = new SourceSet(sources);
        this.claimed = new SourceSet(sources);
        this.words = levels.size();
        this.contexts = Stream.generate(() -> new Context(sources)).limit(2L * harts).toArray(Context[]::new);
    }

    /** The line of a source. */
    public InterruptLine line(int source) {
        return high -> setLevel(source, high);
    }

    private synchronized void setLevel(int source, boolean high) {
        levels.set(source, high);
        forward(source);
        drive(false);
    }

    /** The gateway of a source: one request at a time. */
    private void forward(int source) {
        if (levels.has(source) && !claimed.has(source)) {
            pending.set(source, true);
        }
    }

    @Override
    public synchronized long read(long offset, int size) {
        if (size != 4) {
            return 0;
        }
        if (offset < PENDING) {
            return offset / 4 < priorities.length ? priorities[(int) offset / 4] : 0;
        }
        if (offset < ENABLE) {
            return word(pending, offset - PENDING);
        }
        if (offset < CONTEXT) {
            Context context = context((offset - ENABLE) / ENABLE_STRIDE);
            return context == null ? 0 : word(context.enabled, (offset - ENABLE) % ENABLE_STRIDE);
        }
        Context context = context((offset - CONTEXT) / CONTEXT_STRIDE);
        if (context == null) {
            return 0;
        }
        return switch ((int) (offset % CONTEXT_STRIDE)) {
            case 0 -> context.threshold;
            case (int) CLAIM -> claim(context);
            default -> 0;
        };
    }

    private long word(SourceSet set, long offset) {
        return offset / 4 < words ? set.word((int) offset / 4) & 0xffff_ffffL : 0;
    }

    private Context context(long index) {
        return index < contexts.length ? contexts[(int) index] : null;
    }

    @Override
    public synchronized void write(long offset, int size, long value) {
        if (size != 4 || offset >= PENDING && offset < ENABLE) {
            return;
        }
        if (offset < PENDING) {
            if (offset != 0 && offset / 4 < priorities.length) {
                priorities[(int) offset / 4] = (int) value & maxPriority;
            }
        } else if (offset < CONTEXT) {
            Context context = context((offset - ENABLE) / ENABLE_STRIDE);
            long word = (offset - ENABLE) % ENABLE_STRIDE / 4;
            if (context != null && word < words) {
                context.enabled.setWord((int) word, (int) value);
            }
        } else {
            Context context = context((offset - CONTEXT) / CONTEXT_STRIDE);
            if (context != null && offset % CONTEXT_STRIDE == 0) {
                context.threshold = (int) value & maxPriority;
            } else if (context != null && offset % CONTEXT_STRIDE == CLAIM) {
                complete(context, value);
            }
        }
        drive(false);
    }

    /** Takes the pending request of the highest priority; the threshold masks notifications, not claims. */
    private int claim(Context context) {
        int source = best(context, 0);
        if (source != 0) {
            pending.set(source, false);
            claimed.set(source, true);
            drive(false);
        }
        return source;
    }

    /** A completion for a source that is not enabled for the context is ignored, as the specification wants. */
    private void complete(Context context, long source) {
        if (source > 0 && source < priorities.length && context.enabled.has((int) source)) {
            claimed.set((int) source, false);
            forward((int) source);
        }
    }

    /** The pending, enabled source of the highest priority above a threshold, the lowest number first; 0 if none. */
    private int best(Context context, int threshold) {
        int best = 0;
        int priority = threshold;
        for (int i = 0; i < words; i++) {
            for (int word = pending.word(i) & context.enabled.word(i); word != 0; word &= word - 1) {
                int source = i * 32 + Integer.numberOfTrailingZeros(word);
                if (priorities[source] > priority) {
                    best = source;
                    priority = priorities[source];
                }
            }
        }
        return best;
    }

    private void drive(boolean always) {
        for (int i = 0; i < contexts.length; i++) {
            Context context = contexts[i];
            boolean asserted = best(context, context.threshold) != 0;
            if (always || asserted != context.asserted) {
                context.asserted = asserted;
                int input = i % 2 == 0 ? HartInputs.MACHINE_EXTERNAL : HartInputs.SUPERVISOR_EXTERNAL;
                inputs.set(i / 2, input, asserted);
            }
        }
    }

    /** Drives every input as the state says. */
    public synchronized void drive() {
        drive(true);
    }

    /** Brings it into the state after power-on; the lines are as the devices drive them. */
    public void reset() {
        List<Integer> none = Collections.nCopies(words, 0);
        restore(new PlicState(Collections.nCopies(priorities.length, 0), none, none,
            Collections.nCopies(contexts.length, new PlicState.Context(none, 0))));
    }

    /** Its state. */
    public synchronized PlicState state() {
        return new PlicState(IntStream.of(priorities).boxed().toList(), pending.words(), claimed.words(),
            Stream.of(contexts)
                .map(context -> new PlicState.Context(context.enabled.words(), context.threshold)).toList());
    }

    private void check(PlicState state) {
        require("contexts", state.contexts().size(), contexts.length);
        require("priorities", state.priorities().size(), priorities.length);
        require("pending", state.pending().size(), words);
        require("claimed", state.claimed().size(), words);
        state.contexts().forEach(context -> require("contexts.enabled", context.enabled().size(), words));
        if (Stream.concat(state.priorities().stream(), state.contexts().stream().map(PlicState.Context::threshold))
                .anyMatch(value -> value > maxPriority)) {
            throw new IllegalArgumentException("plic: a priority or threshold is above " + maxPriority);
        }
    }

    private static void require(String field, int actual, int expected) {
        if (actual != expected) {
            throw new IllegalArgumentException("plic." + field + ": " + actual + ", the machine has " + expected);
        }
    }

    /** Takes over a state and drives every input. */
    public synchronized void restore(PlicState state) {
        check(state);
        for (int source = 0; source < priorities.length; source++) {
            priorities[source] = state.priorities().get(source);
        }
        pending.setWords(state.pending());
        claimed.setWords(state.claimed());
        for (int i = 0; i < contexts.length; i++) {
            contexts[i].enabled.setWords(state.contexts().get(i).enabled());
            contexts[i].threshold = state.contexts().get(i).threshold();
        }
        for (int source = 1; source < priorities.length; source++) {
            forward(source);
        }
        drive(true);
    }
}
