package org.sterna.device.virtioblk.internal;

import org.sterna.device.virtio.DescriptorChain;
import org.sterna.device.virtio.GuestBuffers;
import org.sterna.device.virtioblk.internal.BlockRequest.Status;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceContext.BlockingIo;
import org.sterna.machine.memory.GuestMemory;

/** Carries out the requests of a driver, each on its own, so that they run side by side and complete in any order. */
final class RequestProcessor {
    private final DeviceContext context;
    private final GuestMemory memory;
    private final DiskFile disk;
    private final long sectors;
    private final boolean readOnly;
    private final boolean writeThrough;
    private final byte[] serial;

    RequestProcessor(DeviceContext context, BlockSettings settings, DiskFile disk) {
        this.context = context;
        this.memory = context.memory();
        this.disk = disk;
        this.sectors = settings.capacity() / BlockProperties.SECTOR;
        this.readOnly = settings.readOnly();
        this.writeThrough = settings.writeThrough();
        this.serial = settings.serial();
    }

    /**
     * Starts a request.
     *
     * @param flushes whether the driver flushes; if not, it expects every write to go through (section 5.2.6.2)
     */
    void start(DescriptorChain chain, boolean flushes) {
        BlockRequest request = BlockRequest.of(chain, memory);
        if (request == null) {
            chain.reject("a request without a header or without a status");
            return;
        }
        switch (request.type()) {
            case BlockRequest.IN -> read(request);
            case BlockRequest.OUT -> write(request, writeThrough || !flushes);
            case BlockRequest.FLUSH -> flush(request, flushes);
            case BlockRequest.GET_ID -> identify(request);
            default -> refuse(request, Status.UNSUPPORTED);
        }
    }

    private void read(BlockRequest request) {
        if (!onDisk(request.sector(), request.dataIn()) || request.dataOut().length() != 0) {
            refuse(request, Status.IO_ERROR);
            return;
        }
        long position = request.sector() * BlockProperties.SECTOR;
        submit(request, () -> disk.read(memory, request.dataIn(), position));
    }

    private void write(BlockRequest request, boolean through) {
        if (readOnly || !onDisk(request.sector(), request.dataOut()) || request.dataIn().length() != 0) {
            refuse(request, Status.IO_ERROR);
            return;
        }
        long position = request.sector() * BlockProperties.SECTOR;
        submit(request, () -> {
            disk.write(memory, request.dataOut(), position);
            if (through) {
                disk.flush();
            }
        });
    }

    private void flush(BlockRequest request, boolean supported) {
        if (supported && request.dataIn().length() == 0) {
            submit(request, disk::flush);
        } else {
            refuse(request, supported ? Status.IO_ERROR : Status.UNSUPPORTED);
        }
    }

    private void identify(BlockRequest request) {
        if (request.dataIn().length() != BlockProperties.SERIAL_BYTES) {
            refuse(request, Status.IO_ERROR);
            return;
        }
        request.dataIn().write(memory, serial);
        request.complete(memory, Status.OK);
    }

    /** Whether data is whole sectors and lies within the disk. */
    private boolean onDisk(long sector, GuestBuffers data) {
        return data.length() % BlockProperties.SECTOR == 0 && sector >= 0 && sector <= sectors
            && data.length() / BlockProperties.SECTOR <= sectors - sector;
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
        }, failure -> request.complete(memory, failure == null ? Status.OK : Status.IO_ERROR));
    }

    private void refuse(BlockRequest request, Status status) {
        if (request.dataIn().length() == 0) {
            request.complete(memory, status);
        } else {
            // It may be a great deal of memory, so it is not cleared here and now.
            context.submit(() -> request.dataIn().clear(memory), failure -> request.complete(memory, status));
        }
    }
}
