package org.sterna.migration.internal.wire;

import java.util.List;
import java.util.Map;

/**
 * In which order the messages of a conversation stand (specification, section 5), as one side sees them: what it sends
 * when it sends it, what it gets when it arrives. So an answer that arrives before its question was sent is found,
 * although nobody has looked at it yet. Not for several threads.
 */
public final class MessageOrder {
    /** What has been said last, and what may follow it. */
    private enum Step {
        /** Nothing but HELLO. */
        BEGUN,
        /** MANIFEST: the source has asked. */
        ASKED,
        /** VERDICT: the destination has answered. */
        ANSWERED,
        /** START: the source goes ahead. */
        STARTED,
        /** READY, PAGES or ROUND_DONE: memory is being sent. */
        COPYING,
        /** ROUND: a round of pre-copy has ended. */
        ROUND_ENDED,
        /** SECTION: states are being sent. */
        SENDING_STATES,
        /** FINISH: all has been sent. */
        FINISHED,
        /** LOADED: all has been restored. */
        RESTORED,
        /** COMMIT: the destination may have the guest. */
        COMMITTED,
        /** TAKEN: the destination has the guest. */
        TAKEN_OVER,
        /** RUNNING or BYE: nothing follows. */
        OVER
    }

    private static final Map<Step, Map<FrameType, Step>> NEXT = Map.ofEntries(
        Map.entry(Step.BEGUN, Map.of(FrameType.MANIFEST, Step.ASKED)),
        Map.entry(Step.ASKED, Map.of(FrameType.VERDICT, Step.ANSWERED)),
        Map.entry(Step.ANSWERED, Map.of(FrameType.START, Step.STARTED, FrameType.BYE, Step.OVER)),
        Map.entry(Step.STARTED, Map.of(FrameType.READY, Step.COPYING)),
        Map.entry(Step.COPYING, Map.of(FrameType.PAGES, Step.COPYING, FrameType.ROUND, Step.ROUND_ENDED,
            FrameType.SECTION, Step.SENDING_STATES, FrameType.FINISH, Step.FINISHED)),
        Map.entry(Step.ROUND_ENDED, Map.of(FrameType.PAGES, Step.ROUND_ENDED, FrameType.ROUND_DONE, Step.COPYING)),
        Map.entry(Step.SENDING_STATES, Map.of(FrameType.SECTION, Step.SENDING_STATES, FrameType.FINISH, Step.FINISHED)),
        Map.entry(Step.FINISHED, Map.of(FrameType.LOADED, Step.RESTORED)),
        Map.entry(Step.RESTORED, Map.of(FrameType.COMMIT, Step.COMMITTED)),
        Map.entry(Step.COMMITTED, Map.of(FrameType.TAKEN, Step.TAKEN_OVER)),
        Map.entry(Step.TAKEN_OVER, Map.of(FrameType.RUNNING, Step.OVER)),
        Map.entry(Step.OVER, Map.of()));

    private Step step = Step.BEGUN;
    private boolean greeted;

    /** This side sends a frame; one that has no place is for its own tests to find. */
    public void sent(FrameType type) {
        step = NEXT.get(step).getOrDefault(type, step);
    }

    /**
     * A frame has arrived.
     *
     * @param type its type, or null if that is not known
     * @param from the side that it comes from
     * @return what has its place there instead, or the empty string if it has
     */
    public String arrived(FrameType type, Preamble.Role from) {
        if (type == FrameType.ERROR) {
            return from == Preamble.Role.DESTINATION || step.compareTo(Step.COMMITTED) < 0 ? "" : expected(from);
        }
        if (!greeted) {
            greeted = type == FrameType.HELLO;
            return greeted ? "" : FrameType.HELLO.name();
        }
        if (type == null || type == FrameType.KEEPALIVE) {
            return "";
        }
        if (type == FrameType.CANCEL) {
            return from == Preamble.Role.SOURCE && step.compareTo(Step.COMMITTED) < 0 ? "" : expected(from);
        }
        Step next = NEXT.get(step).get(type);
        if (next == null || !type.isFrom(from)) {
            return expected(from);
        }
        step = next;
        return "";
    }

    private String expected(Preamble.Role from) {
        List<String> names = NEXT.get(step).keySet().stream()
            .filter(type -> type.isFrom(from)).sorted().map(Enum::name).toList();
        return names.isEmpty() ? "nothing of it" : String.join(" or ", names);
    }
}
