package org.sterna.migration.internal.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.sterna.migration.internal.engine.HandoverRules.Row;

/** All that can happen in a hand-over under some rules, searched to its end. */
final class HandoverModel {
    /** Who holds the lease on the guest's disk. */
    enum Holder {
        NOBODY, SOURCE, DESTINATION, SOMEBODY_ELSE
    }

    /**
     * What else happens than the rules say.
     *
     * @param kills  whether processes are killed
     * @param theft  whether the keeper takes leases away and somebody else acquires them
     * @param faults how many frames are doubled, dropped, swapped or damaged
     */
    record Adversity(boolean kills, boolean theft, int faults) {
    }

    /**
     * A state of the world.
     *
     * @param forth  what the source has sent and the destination has not got
     * @param back   the other way
     * @param line   whether what is sent gets onto the line; what is on it may still arrive when it is cut
     * @param faults how many frames may still go wrong
     * @param owned  whether the destination has owned the guest since the source last ran it
     */
    record World(String source, String destination, Holder lease, List<String> forth, List<String> back, boolean line, int faults,
            boolean owned) {
        private String state(boolean atSource) {
            return atSource ? source : destination;
        }

        private World at(boolean atSource, String next) {
            return atSource ? new World(next, destination, lease, forth, back, line, faults, owned && !next.equals("RUNS"))
                : new World(source, next, lease, forth, back, line, faults, owned || Set.of("RUNS", "FENCED").contains(next));
        }

        private World lease(Holder next) {
            return new World(source, destination, next, forth, back, line, faults, owned);
        }

        private List<String> queue(boolean toSource) {
            return toSource ? back : forth;
        }

        private World queue(boolean toSource, List<String> next) {
            return new World(source, destination, lease, toSource ? forth : List.copyOf(next),
                toSource ? List.copyOf(next) : back, line, faults, owned);
        }

        private World cut() {
            return new World(source, destination, lease, forth, back, false, faults, owned);
        }

        private World fault() {
            return new World(source, destination, lease, forth, back, line, faults - 1, owned);
        }

        boolean runsAtSource() {
            return source.equals("RUNS");
        }

        boolean runsAtDestination() {
            return destination.equals("RUNS");
        }
    }

    /** One thing that happens. */
    record Step(String what, World after) {
        boolean byOperator() {
            return what.contains("operator");
        }

        boolean byFate() {
            return what.startsWith("fate");
        }
    }

    static final String DEAD = "DEAD";
    private final HandoverRules rules;
    private final Adversity adversity;
    /** How each world is reached first, by the one before. */
    private final Map<World, World> before = new HashMap<>();
    private final Map<World, List<Step>> steps = new HashMap<>();

    HandoverModel(HandoverRules rules, Adversity adversity) {
        this.rules = rules;
        this.adversity = adversity;
        var start = new World("RUNS", "BUILDS", Holder.SOURCE, List.of(), List.of(), true, adversity.faults, false);
        Deque<World> open = new ArrayDeque<>(List.of(start));
        before.put(start, start);
        while (!open.isEmpty()) {
            World world = open.remove();
            List<Step> next = next(world);
            steps.put(world, next);
            for (Step step : next) {
                if (before.putIfAbsent(step.after, world) == null) {
                    open.add(step.after);
                }
            }
        }
    }

    Collection<World> worlds() {
        return steps.keySet();
    }

    List<Step> steps(World world) {
        return steps.get(world);
    }

    /** How a world is reached. */
    String way(World world) {
        var way = new ArrayDeque<String>();
        for (World at = world; before.get(at) != at; at = before.get(at)) {
            World to = at;
            way.push(steps.get(before.get(at)).stream().filter(step -> step.after.equals(to)).findFirst().orElseThrow().what);
        }
        return world + " by " + way;
    }

    /** The worlds from which a good one can be reached by some kinds of steps. */
    Set<World> reaching(Predicate<World> good, Predicate<Step> kinds) {
        Map<World, List<World>> backwards = new HashMap<>();
        steps.forEach((world, next) -> next.stream().filter(kinds)
            .forEach(step -> backwards.computeIfAbsent(step.after, none -> new ArrayList<>()).add(world)));
        Set<World> found = new HashSet<>();
        Deque<World> open = new ArrayDeque<>(steps.keySet().stream().filter(good).toList());
        while (!open.isEmpty()) {
            World world = open.remove();
            if (found.add(world)) {
                open.addAll(backwards.getOrDefault(world, List.of()));
            }
        }
        return found;
    }

    private List<Step> next(World world) {
        var next = new ArrayList<Step>();
        for (boolean atSource : new boolean[] {true, false}) {
            if (!world.state(atSource).equals(DEAD)) {
                end(world, atSource, next);
            }
            line(world, atSource, next);
        }
        if (world.line) {
            next.add(new Step("fate: the line is cut", world.cut()));
        }
        if (adversity.theft && world.lease == Holder.NOBODY) {
            next.add(new Step("fate: somebody else acquires the lease", world.lease(Holder.SOMEBODY_ELSE)));
        }
        if (world.lease == Holder.SOMEBODY_ELSE) {
            next.add(new Step("somebody else releases the lease", world.lease(Holder.NOBODY)));
        }
        return next;
    }

    private List<Row> rows(boolean ofSource) {
        return ofSource ? rules.source() : rules.destination();
    }

    private static Holder holder(boolean atSource) {
        return atSource ? Holder.SOURCE : Holder.DESTINATION;
    }

    /** What one end does. */
    private void end(World world, boolean atSource, List<Step> next) {
        String who = atSource ? "source, " : "destination, ";
        for (Row row : rows(atSource)) {
            if (row.state().equals(world.state(atSource))) {
                switch (row.event()) {
                    case "its turn", "operator", "failure" -> perform(world, atSource, row).ifPresent(after ->
                        next.add(new Step(who + row, after)));
                    case "pages sent" -> {
                        if (world.line) {
                            perform(world, atSource, row).ifPresent(after -> next.add(new Step(who + row, after)));
                        }
                    }
                    case "lease lost" -> {
                        if (adversity.theft && world.lease == holder(atSource)) {
                            perform(world.lease(Holder.SOMEBODY_ELSE), atSource, row).ifPresent(after ->
                                next.add(new Step("fate: " + who + row, after)));
                        }
                    }
                    default -> { }
                }
            }
        }
        if (!world.queue(atSource).isEmpty()) {
            next.add(arrives(world, atSource, who));
        }
        if (adversity.kills) {
            World killed = world.at(atSource, DEAD).cut().queue(atSource, List.of());
            next.add(new Step("fate: " + who + "killed", world.lease == holder(atSource) ? killed.lease(Holder.NOBODY) : killed));
        }
    }

    private Step arrives(World world, boolean atSource, String who) {
        List<String> queue = world.queue(atSource);
        World got = world.queue(atSource, queue.subList(1, queue.size()));
        String state = world.state(atSource);
        World after = perform(got, atSource, state, queue.getFirst())
            .or(() -> perform(got, atSource, state, "failure")).orElse(got);
        return new Step(who + state + ", gets " + queue.getFirst(), after);
    }

    /** What an event makes of the world; nothing if there is no row for it. */
    private Optional<World> perform(World world, boolean atSource, String state, String event) {
        return HandoverRules.row(rows(atSource), state, event).flatMap(row -> perform(world, atSource, row));
    }

    /** What a row makes of the world; nothing if it needs a lease that somebody holds. */
    private static Optional<World> perform(World world, boolean atSource, Row row) {
        World after = world.at(atSource, row.then());
        for (String action : row.does()) {
            if (action.equals("acquires the lease")) {
                if (after.lease != Holder.NOBODY) {
                    return Optional.empty();
                }
                after = after.lease(holder(atSource));
            } else if (action.equals("releases the lease")) {
                after = after.lease == holder(atSource) ? after.lease(Holder.NOBODY) : after;
            } else if (action.equals("closes the line")) {
                after = after.cut().queue(atSource, List.of());
            }
        }
        if (after.line) {
            var queue = new ArrayList<>(after.queue(!atSource));
            queue.addAll(row.sends());
            after = after.queue(!atSource, queue);
        }
        return Optional.of(after);
    }

    /** What becomes of the frames to one end. That they are late is that all else may happen first. */
    private static void line(World world, boolean toSource, List<Step> next) {
        List<String> queue = world.queue(toSource);
        if (queue.isEmpty()) {
            return;
        }
        String where = toSource ? " to the source" : " to the destination";
        if (!world.line) {
            next.add(new Step("fate: lost with the line" + where, world.queue(toSource, queue.subList(0, queue.size() - 1))));
        }
        if (world.faults > 0) {
            List<String> rest = queue.subList(1, queue.size());
            next.add(new Step("fate: dropped" + where, world.fault().queue(toSource, rest)));
            next.add(new Step("fate: doubled" + where, world.fault().queue(toSource, with(queue.getFirst(), queue))));
            next.add(new Step("fate: damaged" + where, world.fault().queue(toSource, with("damage", rest))));
            if (!rest.isEmpty()) {
                next.add(new Step("fate: swapped" + where, world.fault().queue(toSource,
                    with(rest.getFirst(), with(queue.getFirst(), rest.subList(1, rest.size()))))));
            }
        }
    }

    private static List<String> with(String first, List<String> rest) {
        var all = new ArrayList<String>(List.of(first));
        all.addAll(rest);
        return all;
    }
}
