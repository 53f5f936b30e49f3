package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.sterna.machine.Part;
import org.sterna.machine.Replacement;

/** Takes over a part by leaving it as it is. */
final class FakeReplacement implements Replacement {
    private final Part part;
    private final AtomicInteger open;
    private boolean used;

    /**
     * One that has not been used.
     *
     * @param open counts those that have been neither used nor given back
     */
    FakeReplacement(Part part, AtomicInteger open) {
        this.part = part;
        this.open = open;
        open.incrementAndGet();
    }

    @Override
    public Part part() {
        return part;
    }

    @Override
    public long perform(Crossing crossing, Duration limit) {
        close();
        crossing.check(crossing.cross(part.state()));
        return 1;
    }

    @Override
    public void close() {
        if (!used) {
            used = true;
            open.decrementAndGet();
        }
    }
}
