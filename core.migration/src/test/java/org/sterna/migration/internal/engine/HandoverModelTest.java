package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The hand-over of the specification, section 7, as a model that is searched to its end: every order of steps, the line
 * cut at every moment with whatever is on it, either process killed at every moment, and an operator who says "go on" at
 * a source that does not know. The guest never runs twice, and it is never lost by a line alone.
 */
class HandoverModelTest {
    /** The source, in the order of section 7.2. */
    private enum Source {
        RUNS, STOPPED, RELEASED, COMMITTED, TAKEN, CLOSED, DEAD
    }

    /** The destination. */
    private enum Destination {
        BUILDS, LOADED, RUNS, DISCARDED, DEAD
    }

    /** Who holds the lock on the guest's disk. */
    private enum Lock {
        SOURCE, NOBODY, DESTINATION
    }

    /**
     * A state of the world.
     *
     * @param forth     what the source has sent and the destination has not got
     * @param back      the other way
     * @param sourceEnd whether the source knows that the line is gone
     * @param destinationEnd whether the destination does
     */
    private record World(Source source, Destination destination, Lock lock, List<String> forth, List<String> back, boolean line,
            boolean sourceEnd, boolean destinationEnd) {
        World source(Source next) {
            return new World(next, destination, lock, forth, back, line, sourceEnd, destinationEnd);
        }

        World destination(Destination next) {
            return new World(source, next, lock, forth, back, line, sourceEnd, destinationEnd);
        }

        World lock(Lock next) {
            return new World(source, destination, next, forth, back, line, sourceEnd, destinationEnd);
        }

        World send(String message) {
            return line ? new World(source, destination, lock, with(forth, message), back, true, sourceEnd, destinationEnd) : this;
        }

        World answer(String message) {
            return line ? new World(source, destination, lock, forth, with(back, message), true, sourceEnd, destinationEnd) : this;
        }

        World heard() {
            return new World(source, destination, lock, forth.subList(1, forth.size()), back, line, sourceEnd, destinationEnd);
        }

        World answered() {
            return new World(source, destination, lock, forth, back.subList(1, back.size()), line, sourceEnd, destinationEnd);
        }

        /** The line is cut: of what is on it some of the first messages still arrive. */
        World cut(int stillForth, int stillBack) {
            return new World(source, destination, lock, forth.subList(0, stillForth), back.subList(0, stillBack), false, sourceEnd,
                destinationEnd);
        }

        World sourceNotices() {
            return new World(source, destination, lock, forth, back, false, true, destinationEnd);
        }

        World destinationNotices() {
            return new World(source, destination, lock, forth, back, false, sourceEnd, true);
        }

        private static List<String> with(List<String> messages, String message) {
            var more = new ArrayList<>(messages);
            more.add(message);
            return List.copyOf(more);
        }
    }

    private static final World START = new World(Source.RUNS, Destination.BUILDS, Lock.SOURCE, List.of(), List.of(), true, false, false);

    /** Everything that can happen next. */
    private static Map<String, World> next(World w, boolean kills) {
        var next = new HashMap<String, World>();
        source(w, next);
        destination(w, next);
        if (w.line) {
            for (int forth = 0; forth <= w.forth.size(); forth++) {
                for (int back = 0; back <= w.back.size(); back++) {
                    next.put("cut, " + forth + " and " + back + " still arrive", w.cut(forth, back));
                }
            }
        }
        if (kills) {
            if (w.source != Source.DEAD && w.source != Source.CLOSED) {
                next.put("the source is killed", released(w.source(Source.DEAD).cut(w.forth.size(), 0), Lock.SOURCE));
            }
            if (w.destination != Destination.DEAD) {
                next.put("the destination is killed", released(w.destination(Destination.DEAD).cut(0, w.back.size()), Lock.DESTINATION));
            }
        }
        return next;
    }

    private static World released(World w, Lock holder) {
        return w.lock == holder ? w.lock(Lock.NOBODY) : w;
    }

    private static void source(World w, Map<String, World> next) {
        if (w.source == Source.DEAD || w.source == Source.CLOSED) {
            return;
        }
        boolean gone = !w.line && w.back.isEmpty();
        String answer = w.back.isEmpty() ? "" : w.back.getFirst();
        switch (w.source) {
            case RUNS -> {
                if (w.line && !w.sourceEnd) {
                    next.put("source stops the guest", w.source(Source.STOPPED));
                }
            }
            case STOPPED -> {
                if (gone) {
                    next.put("source lets the guest go on", w.source(Source.RUNS).sourceNotices());
                } else {
                    next.put("source releases the disk and sends FINISH", w.source(Source.RELEASED).lock(Lock.NOBODY).send("FINISH"));
                }
            }
            case RELEASED -> {
                if (answer.equals("LOADED")) {
                    next.put("source commits", w.answered().source(Source.COMMITTED).send("COMMIT"));
                    next.put("source refuses and hangs up", w.answered().cut(w.forth.size(), 0).sourceNotices());
                } else if (gone && w.lock == Lock.NOBODY) {
                    next.put("source takes the disk back", takenBack(w.sourceNotices()));
                }
            }
            case COMMITTED, TAKEN -> {
                if (answer.equals("TAKEN")) {
                    next.put("source hears TAKEN", w.answered().source(Source.TAKEN));
                } else if (answer.equals("RUNNING")) {
                    next.put("source closes", w.answered().source(Source.CLOSED));
                } else if (gone && w.lock == Lock.NOBODY) {
                    // Only the operator, and only with the disk.
                    next.put("operator: go on at the source", takenBack(w.sourceNotices()));
                }
            }
            default -> { }
        }
    }

    private static World takenBack(World w) {
        return w.lock(Lock.SOURCE).source(Source.RUNS);
    }

    private static void destination(World w, Map<String, World> next) {
        String message = w.forth.isEmpty() ? "" : w.forth.getFirst();
        boolean gone = !w.line && w.forth.isEmpty();
        switch (w.destination) {
            case BUILDS -> {
                if (message.equals("FINISH") && w.lock == Lock.NOBODY) {
                    next.put("destination takes the disk, sends LOADED",
                        w.heard().lock(Lock.DESTINATION).destination(Destination.LOADED).answer("LOADED"));
                }
                if (gone || message.equals("FINISH")) {
                    next.put("destination fails or hears no more", w.destination(Destination.DISCARDED).cut(0, w.back.size())
                        .destinationNotices());
                }
            }
            case LOADED -> {
                if (message.equals("COMMIT")) {
                    next.put("destination runs the guest",
                        w.heard().destination(Destination.RUNS).answer("TAKEN").answer("RUNNING"));
                } else if (gone) {
                    next.put("destination discards", w.lock(Lock.NOBODY).destination(Destination.DISCARDED).destinationNotices());
                }
            }
            default -> { }
        }
    }

    private static boolean runsAtSource(World w) {
        return w.source == Source.RUNS;
    }

    private static boolean runsAtDestination(World w) {
        return w.destination == Destination.RUNS;
    }

    /** All reachable states, each with how it was reached. */
    private static Map<World, List<String>> search(boolean kills) {
        var seen = new HashMap<World, List<String>>();
        Deque<World> open = new ArrayDeque<>();
        seen.put(START, List.of());
        open.add(START);
        while (!open.isEmpty()) {
            World world = open.remove();
            next(world, kills).forEach((step, after) -> {
                if (!seen.containsKey(after)) {
                    var way = new ArrayList<>(seen.get(world));
                    way.add(step);
                    seen.put(after, way);
                    open.add(after);
                }
            });
        }
        return seen;
    }

    @Test
    void theGuestNeverRunsTwice() {
        search(true).forEach((world, way) -> assertFalse(runsAtSource(world) && runsAtDestination(world), world + " by " + way));
    }

    @Test
    void noCutOfTheLineLosesTheGuest() {
        var worlds = search(false);
        assertTrue(worlds.size() > 20, worlds.size() + " states");
        worlds.forEach((world, way) -> {
            if (next(world, false).isEmpty()) {
                assertEquals(1, (runsAtSource(world) ? 1 : 0) + (runsAtDestination(world) ? 1 : 0), world + " by " + way);
            }
        });
    }

    @Test
    void whoRunsTheGuestHoldsItsDisk() {
        search(true).forEach((world, way) -> {
            assertTrue(!runsAtSource(world) || world.lock == Lock.SOURCE, world + " by " + way);
            assertTrue(!runsAtDestination(world) || world.lock == Lock.DESTINATION, world + " by " + way);
        });
    }

    /** Before the commit a source whose destination dies has the guest; after it, one whose source dies. */
    @Test
    void aKilledProcessLosesTheGuestOnlyIfItHadIt() {
        search(true).forEach((world, way) -> {
            if (world.destination == Destination.DEAD && world.source != Source.DEAD && next(world, false).isEmpty()) {
                assertTrue(runsAtSource(world) || way.contains("destination runs the guest"), world + " by " + way);
            }
            if (world.source == Source.DEAD && world.destination != Destination.DEAD && next(world, false).isEmpty()) {
                assertTrue(runsAtDestination(world) || world.destination == Destination.DISCARDED, world + " by " + way);
            }
        });
    }
}
