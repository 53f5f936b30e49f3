package org.sterna.machine.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class DirtyLogTest {
    private static final long BASE = 0x8000_0000L;

    @Test
    void readersAreIndependent() {
        try (var memory = new GuestMemory(BASE, 1 << 20); var first = memory.dirtyLog().open()) {
            memory.putByte(BASE, (byte) 1);
            try (var second = memory.dirtyLog().open()) {
                memory.putByte(BASE + 4096, (byte) 1);
                assertEquals("{1}", harvest(second));
                assertEquals("{0, 1}", harvest(first));
                memory.putByte(BASE + 8192, (byte) 1);
                assertEquals("{2}", harvest(first));
                assertEquals("{2}", harvest(second));
                assertEquals("{}", harvest(second));
            }
        }
    }

    private static String harvest(DirtyLog.Reader reader) {
        var pages = new BitSet();
        reader.harvest(pages);
        return pages.toString();
    }

    /**
     * Two devices and two processors write as fast as they can while three readers harvest and copy. In the end each
     * reader's copy, made of nothing but harvested pages, is the memory: one missed write would show.
     */
    @Test
    void noWriteIsEverMissed() throws Exception {
        int pages = 512;
        long size = (long) pages * GuestMemory.PAGE_SIZE;
        try (var memory = new GuestMemory(BASE, size); var executor = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            var processors = List.of(new FakeProcessor(memory, 1), new FakeProcessor(memory, 2));
            memory.dirtyLog().onHarvest(() -> processors.forEach(FakeProcessor::forget));
            var stop = new AtomicBoolean();
            var writers = new ArrayList<Future<?>>();
            for (FakeProcessor processor : processors) {
                writers.add(executor.submit(processor::run));
            }
            for (int seed = 3; seed < 5; seed++) {
                var random = new SplittableRandom(seed);
                writers.add(executor.submit(() -> {
                    while (!stop.get()) {
                        memory.putLong(BASE + (random.nextInt(pages) * 512L + random.nextInt(512)) * 8, random.nextLong());
                    }
                }));
            }
            var copies = new ArrayList<Future<Integer>>();
            var allBusy = new CountDownLatch(3);
            for (int i = 0; i < 3; i++) {
                copies.add(executor.submit(new Copier(memory, allBusy, stop, writers)));
            }
            for (Future<Integer> copy : copies) {
                assertEquals(Copier.BUSY_ROUNDS, copy.get(1, TimeUnit.MINUTES), "rounds that had something to copy");
            }
        }
    }

    /** Copies harvested pages until some rounds had something to copy, then ends the writers, harvests once more and compares. */
    private static final class Copier implements Callable<Integer> {
        private static final int BUSY_ROUNDS = 100;
        private final GuestMemory memory;
        private final CountDownLatch allBusy;
        private final AtomicBoolean stop;
        private final List<Future<?>> writers;
        private final DirtyLog.Reader reader;

        Copier(GuestMemory memory, CountDownLatch allBusy, AtomicBoolean stop, List<Future<?>> writers) {
            this.memory = memory;
            this.allBusy = allBusy;
            this.stop = stop;
            this.writers = writers;
            this.reader = memory.dirtyLog().open();
        }

        @Override
        public Integer call() throws Exception {
            try (reader; var copy = new GuestMemory(BASE, memory.size())) {
                copy.segment().copyFrom(memory.segment());
                int busy = 0;
                while (busy < BUSY_ROUNDS) {
                    busy += copyHarvest(copy) > 0 ? 1 : 0;
                }
                allBusy.countDown();
                allBusy.await();
                stop.set(true);
                FakeProcessor.stopAll();
                for (Future<?> writer : writers) {
                    writer.get();
                }
                copyHarvest(copy);
                assertEquals(-1, memory.segment().mismatch(copy.segment()), "offset of a missed write");
                return busy;
            }
        }

        private int copyHarvest(GuestMemory copy) {
            var pages = new BitSet();
            int count = reader.harvest(pages);
            pages.stream().forEach(page -> copy.segment().asSlice(page * 4096L, 4096)
                .copyFrom(memory.segment().asSlice(page * 4096L, 4096)));
            return count;
        }
    }

    /** Marks a page once and then writes it without marking until told to forget, as a processor's TLB does. */
    private static final class FakeProcessor {
        private static volatile boolean stopped;
        private final GuestMemory memory;
        private final SplittableRandom random;
        private final BitSet marked = new BitSet();

        FakeProcessor(GuestMemory memory, long seed) {
            this.memory = memory;
            this.random = new SplittableRandom(seed);
            stopped = false;
        }

        static void stopAll() {
            stopped = true;
        }

        void run() {
            while (!stopped) {
                block();
            }
        }

        /** A block of instructions; the lock stands for "between two blocks there is a safe point". */
        private synchronized void block() {
            for (int i = 0; i < 64; i++) {
                int page = random.nextInt(memory.pages());
                if (!marked.get(page)) {
                    memory.dirtyLog().mark(BASE + page * 4096L, 1);
                    marked.set(page);
                }
                memory.segment().set(ValueLayout.JAVA_LONG, page * 4096L + random.nextInt(512) * 8L, random.nextLong());
            }
        }

        synchronized void forget() {
            marked.clear();
        }
    }
}
