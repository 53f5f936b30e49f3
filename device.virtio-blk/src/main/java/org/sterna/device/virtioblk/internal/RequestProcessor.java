package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.sterna.device.virtio.DescriptorChain;
import org.sterna.device.virtio.GuestBuffers;
import org.sterna.device.virtio.VirtioMmio;
import org.sterna.device.virtioblk.internal.BlockRequest.Status;
import org.sterna.machine.IoError.Action;
import org.sterna.machine.IoError.Operation;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceContext.BlockingIo;
import org.sterna.machine.memory.GuestMemory;

/**
 * Carries out the requests of a driver, each on its own, so that they run side by side and complete in any order but for
 * {@linkplain RequestOrder barriers}.
 */
final class RequestProcessor {
    /** What a flush, or another order to the file system that does not say how much there is to do, counts in bytes. */
    static final long UNKNOWN_WORK = 1 << 20;
    /** The most ranges of a request, whatever the properties say: they are copied to the heap. No driver sends so many. */
    private static final long MOST_RANGES = 1 << 16;

    private final DeviceContext context;
    private final GuestMemory memory;
    private final VirtioMmio transport;
    private final DiskFile disk;
    private final boolean readOnly;
    private final BlockSettings settings;
    private final WriteCache cache;
    private final FormatGuard format;
    private final ErrorPolicy errors;
    private final RequestOrder order = new RequestOrder(this::start);
    private final CachedWrites cached;
    private long taken;

    /** @param lost whether something was lost before of what the driver believes to be on the disk */
    RequestProcessor(DeviceContext context, BlockSettings settings, VirtioMmio transport, WriteCache cache, DiskFile disk,
            FormatGuard format, boolean lost) {
        this.context = context;
        this.memory = context.memory();
        this.transport = transport;
        this.disk = disk;
        this.readOnly = settings.readOnly();
        this.settings = settings;
        this.cache = cache;
        this.format = format;
        this.errors = new ErrorPolicy(context, settings.drive());
        this.cached = new CachedWrites(disk, lost);
    }

    /** Takes a request. */
    void take(DescriptorChain chain) {
        BlockRequest request = BlockRequest.of(taken++, chain, memory, transport.acknowledged(BlockProperties.BARRIER));
        if (request == null) {
            chain.reject("a request without a header or without a status");
        } else {
            order.admit(request);
        }
    }

    /** Whether requests are to be taken: not while some wait for the host to be able to carry them out. */
    boolean takesMore() {
        return !order.keeps();
    }

    /** Tries again what could not be carried out. */
    void retry() {
        order.retry();
    }

    /** The requests that are not complete, in the order in which they were taken; none of them is in flight. */
    List<DescriptorChain> takeBack() {
        return order.takeBack().stream().map(BlockRequest::chain).toList();
    }

    /** Whether something is lost that the driver believes to be on the disk. */
    boolean hasLost() {
        return cached.lost();
    }

    /** Brings everything that was written onto the disk, or says that some of it is lost. */
    void flush() throws IOException {
        disk.flush(disk.failedFlushes());
        if (hasLost()) {
            throw new FailedFlushException();
        }
    }

    /** Brings everything that was written onto the disk, since the driver will not flush any more; then says whether that is done. */
    void emptyCache(Consumer<Boolean> ended) {
        long mark = cached.mark();
        int known = disk.failedFlushes();
        context.submit(() -> disk.flush(known), failure -> {
            boolean done = failure == null && !cached.lost();
            if (done) {
                cached.flushed(mark);
            } else if (failure != null) {
                errors.tell(Operation.WRITE, failure, Action.REPORT);
            }
            ended.accept(done);
        });
    }

    private void start(BlockRequest request) {
        if (!request.chain().wanted()) {
            // It was held, and the driver has reset the device since.
            request.chain().complete(0);
            order.completed();
        } else if (request.barrier() && !cache.writesGoThrough()) {
            // What was written before reaches the disk before anything that is written later.
            submitFlush(request, () -> carryOut(request));
        } else {
            carryOut(request);
        }
    }

    private void complete(BlockRequest request, Status status) {
        request.complete(memory, status);
        order.completed();
    }

    private void carryOut(BlockRequest request) {
        switch (request.type()) {
            case BlockRequest.IN -> read(request);
            case BlockRequest.OUT -> write(request);
            case BlockRequest.FLUSH -> flush(request);
            case BlockRequest.GET_ID -> answer(request, settings.serial());
            case BlockRequest.GET_LIFETIME -> tellLifetime(request);
            default -> {
                RangeCommand command = RangeCommand.of(request.type());
                if (command != null && transport.acknowledged(command.feature())) {
                    change(request, command);
                } else {
                    answerWithoutData(request, Status.UNSUPPORTED);
                }
            }
        }
    }

    private void read(BlockRequest request) {
        if (!fits(request, request.dataIn()) || request.dataOut().length() != 0) {
            answerWithoutData(request, Status.IO_ERROR);
            return;
        }
        long position = request.sector() * BlockProperties.SECTOR;
        submit(request, Operation.READ, () -> disk.read(memory, request.dataIn(), position));
    }

    private void write(BlockRequest request) {
        if (readOnly || !fits(request, request.dataOut()) || request.dataIn().length() != 0) {
            answerWithoutData(request, Status.IO_ERROR);
            return;
        }
        long position = request.sector() * BlockProperties.SECTOR;
        submitChange(request, () -> {
            disk.write(memory, request.dataOut(), position);
            format.changed(disk, position, request.dataOut().length());
        });
    }

    private void change(BlockRequest request, RangeCommand command) {
        long length = request.dataOut().length();
        long most = Math.min(settings.get(command.maxRanges()), MOST_RANGES);
        if (readOnly || length == 0 || length % SectorRange.BYTES != 0 || length / SectorRange.BYTES > most
                || request.dataIn().length() != 0) {
            answerWithoutData(request, Status.IO_ERROR);
            return;
        }
        List<SectorRange> ranges = SectorRange.parse(request.dataOut().read(memory));
        if (!ranges.stream().allMatch(command::knowsFlags)) {
            answerWithoutData(request, Status.UNSUPPORTED);
        } else if (ranges.stream().allMatch(range -> range.sectors() <= settings.get(command.maxSectors())
                && onDisk(range.sector(), range.sectors()))) {
            ranges.forEach(range -> request.chain().addWork(command.work(range)));
            submitChange(request, () -> {
                for (SectorRange range : ranges) {
                    command.apply(disk, range, settings);
                }
            });
        } else {
            answerWithoutData(request, Status.IO_ERROR);
        }
    }

    private void flush(BlockRequest request) {
        boolean supported = transport.acknowledged(BlockProperties.FLUSH);
        if (supported && request.dataIn().length() == 0) {
            submitFlush(request, () -> complete(request, Status.OK));
        } else {
            answerWithoutData(request, supported ? Status.IO_ERROR : Status.UNSUPPORTED);
        }
    }

    private void tellLifetime(BlockRequest request) {
        if (transport.acknowledged(BlockProperties.LIFETIME)) {
            answer(request, settings.lifetime());
        } else {
            answerWithoutData(request, Status.UNSUPPORTED);
        }
    }

    private void answer(BlockRequest request, byte[] answer) {
        if (request.dataIn().length() != answer.length) {
            answerWithoutData(request, Status.IO_ERROR);
            return;
        }
        request.dataIn().write(memory, answer);
        complete(request, Status.OK);
    }

    /** Whether data is whole sectors and lies within the disk. */
    private boolean fits(BlockRequest request, GuestBuffers data) {
        return data.length() % BlockProperties.SECTOR == 0
            && onDisk(request.sector(), data.length() / BlockProperties.SECTOR);
    }

    private boolean onDisk(long sector, long count) {
        long sectors = settings.capacity() / BlockProperties.SECTOR;
        return sector >= 0 && sector <= sectors && count <= sectors - sector;
    }

    private void submitChange(BlockRequest request, BlockingIo io) {
        if (request.barrier() || cache.writesGoThrough()) {
            request.chain().addWork(UNKNOWN_WORK);
            submit(request, Operation.WRITE, () -> {
                int before = disk.failedFlushes();
                io.run();
                disk.flush(before);
            });
        } else {
            cached.add();
            submit(request, Operation.WRITE, io);
        }
    }

    /** Flushes what was written before, for a request. */
    private void submitFlush(BlockRequest request, Runnable next) {
        request.chain().addWork(UNKNOWN_WORK);
        long mark = cached.mark();
        int known = disk.failedFlushes();
        context.submit(() -> disk.flush(known), failed -> {
            Exception failure = failed == null && cached.lost() ? new FailedFlushException() : failed;
            if (failure == null) {
                cached.flushed(mark);
                next.run();
            } else if (fail(request, Operation.WRITE, failure) != Action.STOP) {
                cached.told(mark);
            }
        });
    }

    private void submit(BlockRequest request, Operation operation, BlockingIo io) {
        context.submit(io, failure -> {
            if (failure == null) {
                complete(request, Status.OK);
            } else {
                fail(request, operation, failure);
            }
        });
    }

    /** Does with a request that the host could not carry out what the user wants. */
    private Action fail(BlockRequest request, Operation operation, Exception failure) {
        cached.lost();
        Action action = mayKeep(request) ? errors.action(operation, failure) : errors.actionWithoutKeeping(operation);
        errors.tell(operation, failure, action);
        switch (action) {
            case STOP -> order.keep(request);
            case REPORT -> answerWithoutData(request, Status.IO_ERROR);
            case IGNORE -> answerWithoutData(request, Status.OK);
        }
        return action;
    }

    /** Put back into several queues, requests would lose their order among each other, which matters to barriers alone. */
    private boolean mayKeep(BlockRequest request) {
        return request.chain().wanted()
            && (!transport.acknowledged(BlockProperties.BARRIER) || settings.get(BlockProperties.QUEUES) == 1);
    }

    /** The driver may trust every byte that the device says it has written, so all of them get a value. */
    private void answerWithoutData(BlockRequest request, Status status) {
        if (request.dataIn().length() == 0) {
            complete(request, status);
        } else {
            // It may be a great deal of memory, so it is not cleared here and now.
            context.submit(() -> request.dataIn().clear(memory), failure -> complete(request, status));
        }
    }
}
