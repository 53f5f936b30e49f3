package org.sterna.machine.internal;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.device.DeviceContext.BlockingIo;

/**
 * The background readers of one device: what waits for the outside for an unlimited time, each on a platform thread of its own.
 * A reader runs until it returns or until it is told to end, by an interrupt. Whatever it throws after that is no fault of the
 * device: the interrupt itself makes a blocking call of NIO throw, and so does a channel that the device closes to end it.
 */
final class BackgroundReaders {
    /** How many readers of one device may be alive at once. A device that needs more forgets to end them. */
    static final int MOST = 64;
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundReaders.class);

    private final String path;
    private final Consumer<Throwable> onFault;
    private final Map<Thread, Reader> readers = new ConcurrentHashMap<>();

    /**
     * None yet.
     *
     * @param path    of the device, for names and messages
     * @param onFault takes what a reader throws that has not been told to end
     */
    BackgroundReaders(String path, Consumer<Throwable> onFault) {
        this.path = path;
        this.onFault = onFault;
    }

    /**
     * Starts a reader.
     *
     * @throws MachineException if the device has too many, or the host cannot start another thread
     */
    void start(BlockingIo io) {
        if (readers.size() >= MOST) {
            throw MachineException.failed(path, "", "it has " + MOST + " background readers that have not ended",
                "this is a defect of its bundle: a reader ends when its thread is interrupted or its channel is closed");
        }
        var reader = new Reader(io);
        readers.put(reader.thread, reader);
        boolean started = false;
        try {
            HostThreads.start(reader.thread);
            started = true;
        } finally {
            if (!started) {
                readers.remove(reader.thread);
            }
        }
    }

    /** Tells all readers to end. It does not wait for them. */
    void end() {
        readers.values().forEach(Reader::end);
    }

    /** Whether the calling thread is a reader that has been told to end. */
    boolean hasEnded() {
        Reader reader = readers.get(Thread.currentThread());
        return reader != null && reader.told;
    }

    private final class Reader implements Runnable {
        private final BlockingIo io;
        private final Thread thread;
        private volatile boolean told;

        Reader(BlockingIo io) {
            this.io = io;
            this.thread = Thread.ofPlatform().daemon().name(path + " background").unstarted(this);
        }

        void end() {
            told = true;
            thread.interrupt();
        }

        @Override
        public void run() {
            try {
                io.run();
            } catch (Throwable e) {
                if (told) {
                    LOG.debug("{}: a background reader has ended", path, e);
                } else {
                    onFault.accept(e);
                }
            } finally {
                readers.remove(thread);
            }
        }
    }
}
