package org.sterna.machine.internal;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.sterna.machine.MachineException;
import org.sterna.machine.Part;
import org.sterna.machine.board.Board;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.processor.ProcessorFactory;
import org.sterna.machine.time.GuestClock;

/** The processors of one machine, each on its own thread. */
final class Processors {
    private final List<ProcessorThread> threads = new CopyOnWriteArrayList<>();
    /** What those have executed that are not here any more. */
    private volatile long past;

    /**
     * Makes the processors and connects them to their board.
     *
     * @param onFault takes the path of a processor that could not go on, and why
     */
    void create(Blueprint blueprint, Board<?> board, MmioBus bus, GuestMemory memory, HostMemoryBudget hostMemory,
            GuestClock clock, BiConsumer<String, Throwable> onFault) {
        for (int i = 0; i < blueprint.processors(); i++) {
            var control = new ProcessorControl();
            String path = blueprint.processorPath(i);
            var side = new ProcessorSide(i, control, blueprint.processorConfiguration(), board, memory,
                hostMemory.processor(i), bus, clock,
                Plugin.of(blueprint.boardPath(), blueprint.board()), new AtomicReference<>());
            Processor<?> processor = Plugin.of(path, blueprint.processor()).guard(Processor.class,
                blueprint.processor().guarded(ProcessorFactory.class, path).create(side));
            side.guarded().set(processor);
            threads.add(new ProcessorThread(blueprint.name() + path, processor, control,
                (faulty, fault) -> onFault.accept(path, fault)));
        }
        board.connect(threads.stream().<Processor<?>>map(ProcessorThread::processor).toList());
    }

    List<Part> parts(Blueprint blueprint, Set<String> after) {
        return IntStream.range(0, threads.size()).<Part>mapToObj(i -> ModelPart.of(blueprint.processorPath(i),
            blueprint.processor(), threads.get(i).processor(), after, Set::of, new AtSafePoint(threads.get(i)))).toList();
    }

    long instructions() {
        List<ProcessorThread> here = List.copyOf(threads);
        return here.isEmpty() ? past : here.stream().mapToLong(thread -> thread.processor().instructions()).sum();
    }

    /** Forgets them, but for what they have executed. Their threads have been told to end. */
    void forget() {
        past = instructions();
        threads.clear();
    }

    /** Has each give back what it can do without, at its next safe point. It does not wait for that. */
    void dropCaches() {
        threads.forEach(ProcessorThread::dropCaches);
    }

    void reset() {
        ProcessorThread.atSafePoints(threads, Processor::reset);
    }

    void forgetMarkedPages() {
        ProcessorThread.atSafePoints(threads, Processor::forgetMarkedPages);
    }

    /**
     * Runs an action on the thread of one processor, at a safe point of it.
     *
     * @throws IllegalStateException if the machine is closed, or the processor is not the machine's
     */
    void atSafePoint(Processor<?> processor, Runnable action) {
        List<ProcessorThread> its = threads.stream().filter(thread -> thread.processor() == processor).toList();
        if (its.isEmpty()) {
            throw new IllegalStateException("the machine is closed, or it has not this processor: " + processor);
        }
        ProcessorThread.atSafePoints(its, ignored -> action.run());
    }

    /** Lets them run guest code. */
    void go() {
        threads.forEach(ProcessorThread::go);
    }

    /** Tells them to stop at their next safe points. */
    void halt() {
        threads.forEach(ProcessorThread::halt);
    }

    /**
     * Waits until they have stopped. Not on the thread of one of them.
     *
     * @throws MachineException if one has not by then
     */
    void awaitHalt(Duration most) {
        long deadline = System.nanoTime() + most.toNanos();
        for (ProcessorThread thread : threads) {
            thread.awaitHalt(deadline);
        }
    }

    /** Ends their threads. One that has not stopped when that much time has gone is left behind, and ends when it stops. */
    void close(Duration most) {
        long deadline = System.nanoTime() + most.toNanos();
        halt();
        try {
            // One may be waiting for another, which has to serve it.
            awaitHalt(most);
        } catch (MachineException e) {
            // It is left behind.
        }
        threads.forEach(ProcessorThread::end);
        threads.forEach(thread -> thread.awaitEnd(deadline));
    }

    /** Does something when all their threads have ended. It must not block. */
    void whenEnded(Runnable action) {
        Stragglers.after(threads, ProcessorThread::whenEnded, action);
    }

    /** Access to a processor's state. */
    private record AtSafePoint(ProcessorThread thread) implements ModelPart.Access {
        @Override
        @SuppressWarnings("unchecked")
        public <T, X extends Exception> T call(String where, Body<T, X> body) throws X {
            var result = new Object[2];
            ProcessorThread.atSafePoints(List.of(thread), processor -> {
                try {
                    result[0] = body.run();
                } catch (Exception e) {
                    result[1] = e;
                }
            });
            if (result[1] != null) {
                throw (X) result[1];
            }
            return (T) result[0];
        }
    }
}
