package org.sterna.testkit.conformance;

import java.util.List;
import java.util.Map;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.testkit.DeviceBench;

/**
 * One run of the script from power-on to its end.
 *
 * @param notes  what the guest noted
 * @param points how many register accesses it made, before each of which something could have happened
 */
record Run(List<String> notes, int points) {
    /** What happens between two register accesses of the guest. */
    interface Disturbance {
        /** Nothing. */
        Disturbance NONE = (point, bench) -> { };

        /**
         * Happens before an access.
         *
         * @param point counted from 0
         */
        void before(int point, DeviceBench bench) throws Exception;
    }

    /**
     * Runs the script.
     *
     * @throws AssertionError if the script cannot go on, or the device has thrown something behind its back
     */
    static Run of(DriverScript script, long seed, Implementation implementation, AbiVersion abi, Map<String, String> properties,
            Disturbance disturbance) {
        try (DeviceBench bench = implementation.bench(abi, properties)) {
            var guest = new ScriptedGuest(bench, seed);
            var points = new Points(bench, disturbance);
            bench.beforeAccess(points);
            script.run(guest);
            bench.beforeAccess(() -> { });
            bench.pause();
            if (!bench.faults().isEmpty()) {
                throw new AssertionError("the device has thrown " + bench.faults().getFirst(), bench.faults().getFirst());
            }
            return new Run(List.copyOf(guest.notes()), points.next);
        } catch (Exception e) {
            throw new AssertionError(e.toString(), e);
        }
    }

    /** Where this run has come to something else than another. */
    String difference(Run other) {
        for (int i = 0; i < Math.min(notes.size(), other.notes.size()); i++) {
            if (!notes.get(i).equals(other.notes.get(i))) {
                return "the guest noted '" + other.notes.get(i) + "' instead of '" + notes.get(i) + "'";
            }
        }
        return notes.size() == other.notes.size() ? ""
            : "the guest noted " + other.notes.size() + " things instead of " + notes.size();
    }

    private static final class Points implements Runnable {
        private final DeviceBench bench;
        private final Disturbance disturbance;
        private int next;

        Points(DeviceBench bench, Disturbance disturbance) {
            this.bench = bench;
            this.disturbance = disturbance;
        }

        @Override
        public void run() {
            try {
                disturbance.before(next++, bench);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(e.toString(), e);
            }
        }
    }
}
