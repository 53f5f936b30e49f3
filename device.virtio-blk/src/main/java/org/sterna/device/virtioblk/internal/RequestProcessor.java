package org.sterna.device.virtioblk.internal;

import java.util.List;
import org.sterna.device.virtio.DescriptorChain;
import org.sterna.device.virtio.GuestBuffers;
import org.sterna.device.virtio.VirtioMmio;
import org.sterna.device.virtioblk.internal.BlockRequest.Status;
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
    private final RequestOrder order = new RequestOrder();

    RequestProcessor(DeviceContext context, BlockSettings settings, VirtioMmio transport, WriteCache cache, DiskFile disk,
            FormatGuard format) {
        this.context = context;
        this.memory = context.memory();
        this.transport = transport;
        this.disk = disk;
        this.readOnly = settings.readOnly();
        this.settings = settings;
        this.cache = cache;
        this.format = format;
    }

    /** Takes a request. */
    void take(DescriptorChain chain) {
        BlockRequest request = BlockRequest.of(chain, memory, transport.acknowledged(BlockProperties.BARRIER));
        if (request == null) {
            chain.reject("a request without a header or without a status");
        } else {
            order.admit(request.barrier(), () -> start(request));
        }
    }

    private void start(BlockRequest request) {
        if (!request.chain().wanted()) {
            // It was held, and the driver has reset the device since.
            request.chain().complete(0);
            order.completed();
        } else if (request.barrier() && !cache.writesGoThrough()) {
            // What was written before reaches the disk before anything that is written later.
            request.chain().addWork(UNKNOWN_WORK);
            context.submit(disk::flush, failure -> {
                if (failure == null) {
                    carryOut(request);
                } else {
                    refuse(request, Status.IO_ERROR);
                }
            });
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
                    refuse(request, Status.UNSUPPORTED);
                }
            }
        }
    }

    private void read(BlockRequest request) {
        if (!fits(request, request.dataIn()) || request.dataOut().length() != 0) {
            refuse(request, Status.IO_ERROR);
            return;
        }
        long position = request.sector() * BlockProperties.SECTOR;
        submit(request, () -> disk.read(memory, request.dataIn(), position));
    }

    private void write(BlockRequest request) {
        if (readOnly || !fits(request, request.dataOut()) || request.dataIn().length() != 0) {
            refuse(request, Status.IO_ERROR);
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
            refuse(request, Status.IO_ERROR);
            return;
        }
        List<SectorRange> ranges = SectorRange.parse(request.dataOut().read(memory));
        if (!ranges.stream().allMatch(command::knowsFlags)) {
            refuse(request, Status.UNSUPPORTED);
        } else if (ranges.stream().allMatch(range -> range.sectors() <= settings.get(command.maxSectors())
                && onDisk(range.sector(), range.sectors()))) {
            ranges.forEach(range -> request.chain().addWork(command.work(range)));
            submitChange(request, () -> {
                for (SectorRange range : ranges) {
                    command.apply(disk, range, settings);
                }
            });
        } else {
            refuse(request, Status.IO_ERROR);
        }
    }

    private void flush(BlockRequest request) {
        boolean supported = transport.acknowledged(BlockProperties.FLUSH);
        if (supported && request.dataIn().length() == 0) {
            request.chain().addWork(UNKNOWN_WORK);
            submit(request, disk::flush);
        } else {
            refuse(request, supported ? Status.IO_ERROR : Status.UNSUPPORTED);
        }
    }

    private void tellLifetime(BlockRequest request) {
        if (transport.acknowledged(BlockProperties.LIFETIME)) {
            answer(request, settings.lifetime());
        } else {
            refuse(request, Status.UNSUPPORTED);
        }
    }

    private void answer(BlockRequest request, byte[] answer) {
        if (request.dataIn().length() != answer.length) {
            refuse(request, Status.IO_ERROR);
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
            submit(request, () -> {
                io.run();
                disk.flush();
            });
        } else {
            submit(request, io);
        }
    }

    private void submit(BlockRequest request, BlockingIo io) {
        context.submit(() -> {
            try {
                io.run();
            } catch (Exception e) {
                // The driver may trust every byte that the device says it has written, so all of them get a value.
                request.dataIn().clear(memory);
                throw e;
            }
        }, failure -> complete(request, failure == null ? Status.OK : Status.IO_ERROR));
    }

    private void refuse(BlockRequest request, Status status) {
        if (request.dataIn().length() == 0) {
            complete(request, status);
        } else {
            // It may be a great deal of memory, so it is not cleared here and now.
            context.submit(() -> request.dataIn().clear(memory), failure -> complete(request, status));
        }
    }
}
