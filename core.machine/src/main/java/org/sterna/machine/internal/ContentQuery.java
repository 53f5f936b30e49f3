package org.sterna.machine.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.text.DurationText;

/** A question to several devices about the content of their host resources, each on a thread that can be left behind. */
final class ContentQuery {
    private final Map<String, FutureTask<List<ContentIdentity>>> questions = new TreeMap<>();

    private ContentQuery() {
    }

    /**
     * Begins to ask.
     *
     * @throws MachineException if this host cannot start another thread
     */
    static ContentQuery of(Map<String, Callable<List<ContentIdentity>>> devices) {
        var query = new ContentQuery();
        devices.forEach((path, question) -> {
            var task = new FutureTask<>(question);
            query.questions.put(path, task);
            HostThreads.start(path + " contents", task);
        });
        return query;
    }

    /**
     * The answers that are not empty, by path.
     *
     * @throws MachineException with a reason for each device that has none in time
     */
    Map<String, List<ContentIdentity>> answers(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        var answers = new TreeMap<String, List<ContentIdentity>>();
        var reasons = new ArrayList<Reason>();
        questions.forEach((path, question) -> {
            try {
                List<ContentIdentity> answer = question.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                if (!answer.isEmpty()) {
                    answers.put(path, List.copyOf(answer));
                }
            } catch (ExecutionException e) {
                reasons.addAll(reasons(path, e.getCause()));
            } catch (TimeoutException e) {
                question.cancel(true);
                reasons.add(Reason.of(path, "its content cannot be looked at in " + DurationText.of(limit),
                    "look at the device's back end"));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                reasons.add(Reason.of(path, "interrupted", ""));
            }
        });
        if (!reasons.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, reasons);
        }
        return answers;
    }

    private static List<Reason> reasons(String path, Throwable failure) {
        return failure instanceof MachineException said ? said.reasons()
            : List.of(Reason.of(path, "its content cannot be looked at: "
                + Reason.causeOf(failure), "look at the device's back end"));
    }
}
