package org.sterna.testkit.conformance;

import java.io.IOException;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.sterna.testkit.probe.ReleasedBundle;

/** Whether a class loader is collected after its device has been used and replaced. */
final class LeakCheck {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Conformance conformance;
    private final Duration patience;

    LeakCheck(Conformance conformance, Duration patience) {
        this.conformance = conformance;
        this.patience = patience;
    }

    void verify() throws IOException, InterruptedException {
        var collected = new ReferenceQueue<ClassLoader>();
        Reference<ClassLoader> loader = use(collected);
        long deadline = System.nanoTime() + patience.toNanos();
        while (collected.remove(100) == null) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the class loader of " + conformance.factory().getClass().getName()
                    + " is still held by something after its device was replaced: a thread, a thread-local or static variable,"
                    + " a listener that nobody has removed");
            }
            System.gc();
        }
        Reference.reachabilityFence(loader);
    }

    /** On a thread of its own, so that no variable of this one still knows anything. */
    private Reference<ClassLoader> use(ReferenceQueue<ClassLoader> collected) throws IOException, InterruptedException {
        var reference = new AtomicReference<Reference<ClassLoader>>();
        var failure = new AtomicReference<Throwable>();
        Thread thread = Thread.ofPlatform().name("leak check").start(() -> {
            try (var again = ReleasedBundle.again(conformance.factory())) {
                reference.set(new PhantomReference<>(again.factory().getClass().getClassLoader(), collected));
                conformance.runAndReplace(again.factory());
            } catch (IOException | RuntimeException | Error e) {
                failure.set(e);
            }
        });
        thread.join();
        if (failure.get() != null) {
            throw new AssertionError(failure.get().getMessage(), failure.get());
        }
        return reference.get();
    }
}
