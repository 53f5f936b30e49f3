package org.sterna.testkit.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.sterna.migration.StateCrossing;
import org.sterna.testkit.DeviceBench;

/** Stops the guest at some points of a run, and puts other implementations in the place of the device. */
final class Swaps implements Run.Disturbance {
    private final Plan plan;
    private final List<Integer> done = new ArrayList<>();
    private final TreeSet<String> refusals = new TreeSet<>();
    private Implementation current;
    private MemoryWatch memory;

    /** What is to happen at a point. */
    interface Plan {
        /** Who goes on from there; null if nothing happens. */
        Implementation next(int point, Implementation current);
    }

    Swaps(Implementation first, Plan plan) {
        this.current = first;
        this.plan = plan;
    }

    @Override
    public void before(int point, DeviceBench bench) throws Exception {
        if (memory == null) {
            memory = new MemoryWatch(bench.memory());
        }
        Implementation next = plan.next(point, current);
        if (next == null) {
            return;
        }
        bench.pause();
        memory.check();
        if (!Arrays.equals(bench.save(), bench.save())) {
            throw new AssertionError("state() gives something else each time, though the device is quiesced");
        }
        StateCrossing crossing = current.crossing(bench, next);
        if (!crossing.verdict().allowed()) {
            crossing.verdict().reasons().forEach(reason -> refusals.add(reason.item() + ": " + reason.cause()));
            bench.start();
            return;
        }
        done.add(point);
        bench.swap(next.factory(), crossing.crossing());
        current = next;
    }

    /** Before which accesses the device was replaced. */
    List<Integer> done() {
        return done;
    }

    /** Why it was not, where it could not be. */
    TreeSet<String> refusals() {
        return refusals;
    }
}
