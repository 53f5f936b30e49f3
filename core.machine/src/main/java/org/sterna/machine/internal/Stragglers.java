package org.sterna.machine.internal;

import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** What is done when the last of several things has come to its end. */
final class Stragglers {
    private Stragglers() {
    }

    /**
     * Does something after all of some things.
     *
     * @param when has something done when one of them has come to its end, at once or later, on any thread
     */
    static <T> void after(Collection<T> all, BiConsumer<T, Runnable> when, Runnable action) {
        var left = new AtomicInteger(all.size() + 1);
        Runnable one = () -> {
            if (left.decrementAndGet() == 0) {
                action.run();
            }
        };
        all.forEach(each -> when.accept(each, one));
        one.run();
    }
}
