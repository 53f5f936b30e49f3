package org.sterna.machine.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.sterna.machine.Part;
import org.sterna.machine.board.Board;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorControl;
import org.sterna.machine.time.GuestClock;

/** The processors of one machine, each on its own thread. */
final class Processors implements AutoCloseable {
    private final List<ProcessorThread> threads = new ArrayList<>();

    /**
     * Makes the processors and connects them to their board.
     *
     * @param onFault takes the path of a processor that could not go on, and why
     */
    void create(Blueprint blueprint, Board<?> board, MmioBus bus, GuestMemory memory, HostMemoryBudget hostMemory,
            GuestClock clock, BiConsumer<String, Throwable> onFault) {
        for (int i = 0; i < blueprint.processors(); i++) {
            var control = new ProcessorControl();
            Processor<?> processor = blueprint.processor().factory().create(new ProcessorSide(i, control,
                blueprint.processorConfiguration(), board, memory, hostMemory.processor(i), bus, clock));
            String path = blueprint.processorPath(i);
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
        return threads.stream().mapToLong(thread -> thread.processor().instructions()).sum();
    }

    void reset() {
        ProcessorThread.atSafePoints(threads, Processor::reset);
    }

    void forgetMarkedPages() {
        ProcessorThread.atSafePoints(threads, Processor::forgetMarkedPages);
    }

    /** Runs an action on the thread of one processor, at a safe point of it. */
    void atSafePoint(Processor<?> processor, Runnable action) {
        ProcessorThread.atSafePoints(threads.stream().filter(thread -> thread.processor() == processor).toList(),
            ignored -> action.run());
    }

    /** Lets them run guest code. */
    void go() {
        threads.forEach(ProcessorThread::go);
    }

    /** Tells them to stop at their next safe points. */
    void halt() {
        threads.forEach(ProcessorThread::halt);
    }

    /** Waits until they have stopped. Not on the thread of one of them. */
    void awaitHalt() {
        threads.forEach(ProcessorThread::awaitHalt);
    }

    /** Ends their threads. */
    @Override
    public void close() {
        threads.forEach(ProcessorThread::close);
    }

    /** Access to a processor's state. */
    private record AtSafePoint(ProcessorThread thread) implements ModelPart.Access {
        @Override
        @SuppressWarnings("unchecked")
        public <T, X extends Exception> T call(Body<T, X> body) throws X {
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
