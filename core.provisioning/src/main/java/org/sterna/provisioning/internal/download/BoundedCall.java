package org.sterna.provisioning.internal.download;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.sterna.machine.MachineException;

/**
 * Work that may hang in the host's files or on data that somebody has made for that purpose. It runs on a thread of its
 * own, which is told to end at the deadline and left behind if it does not; so the caller always gets an answer in
 * time.
 */
public final class BoundedCall {
    /** How many threads may be left behind at once in this process. */
    private static final int MAX_LEFT_BEHIND = 4;
    private static final Semaphore PLACES = new Semaphore(MAX_LEFT_BEHIND);

    private final List<Runnable> cancellations = new ArrayList<>();
    private boolean cancelled;

    private BoundedCall() {
    }

    /** What runs on the thread of its own. */
    public interface Work<T> {
        /**
         * Does it.
         *
         * @param call to say what has to be done when time is up
         */
        T run(BoundedCall call) throws Exception;
    }

    /**
     * Does something up to a deadline.
     *
     * @param subject what the work is about, for messages
     * @param work    what is done
     * @param late    takes a result that has come after the deadline
     * @throws MachineException what the work throws, or another with the reason why it has failed
     */
    public static <T> T run(Deadline deadline, String subject, Work<T> work, Consumer<? super T> late) {
        if (!PLACES.tryAcquire()) {
            throw MachineException.failed(subject, "",
                "earlier searches still hang in this host's files or repositories",
                "see which file system or server there does not answer");
        }
        var call = new BoundedCall();
        var result = new CompletableFuture<T>();
        try {
            Thread thread = new Thread(() -> {
                try {
                    T value = work.run(call);
                    if (!result.complete(value)) {
                        late.accept(value);
                    }
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                } finally {
                    PLACES.release();
                }
            }, "sterna-repositories");
            thread.setDaemon(true);
            call.onCancel(thread::interrupt);
            thread.start();
        } catch (Throwable e) {
            PLACES.release();
            throw failed(subject, e);
        }
        try {
            return result.get(deadline.left(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw failed(subject, e.getCause());
        } catch (TimeoutException e) {
            throw given(call, result, late,
                MachineException.failed(subject, "", "there was no answer within " + deadline,
                "see whether the repository is slow or hangs"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw given(call, result, late, MachineException.failed(subject, "", "interrupted", ""));
        }
    }

    private static <T> MachineException given(BoundedCall call, CompletableFuture<T> result, Consumer<? super T> late,
            MachineException why) {
        if (!result.completeExceptionally(why) && !result.isCompletedExceptionally()) {
            late.accept(result.join());
        }
        call.cancel();
        return why;
    }

    private static MachineException failed(String subject, Throwable cause) {
        return cause instanceof MachineException said ? said
            : new MachineException(MachineException.Kind.FAILED, List.of(org.sterna.machine.Reason.of(subject,
                "what is there cannot be used: " + cause, "see what the repository holds")), cause);
    }

    /** Has something done when the caller waits no longer; at once if that is so already. */
    public synchronized void onCancel(Runnable action) {
        if (cancelled) {
            action.run();
        } else {
            cancellations.add(action);
        }
    }

    private synchronized void cancel() {
        cancelled = true;
        cancellations.forEach(Runnable::run);
    }
}
