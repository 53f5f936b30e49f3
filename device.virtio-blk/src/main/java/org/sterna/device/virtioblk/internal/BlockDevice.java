package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import org.sterna.device.virtio.ConfigSpace;
import org.sterna.device.virtio.DescriptorChain;
import org.sterna.device.virtio.VirtioFunction;
import org.sterna.device.virtio.VirtioMmio;
import org.sterna.device.virtio.Virtqueue;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.Connections;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceNode;
import org.sterna.machine.lease.Resource;

/** A block device (virtio 1.3, section 5.2) with one or more request queues. */
final class BlockDevice implements Device<BlockState>, VirtioFunction {
    private static final int DEVICE_ID = 2;

    private final DeviceContext context;
    private final DiskFile.Opener opener;
    private final BlockSettings settings;
    private final VirtioMmio transport;
    private final WriteCache cache;
    private final FormatGuard format;
    private DiskFile disk;
    private RequestProcessor processor;
    /** Whether the cache is being emptied, and whether it has been turned off again since that began. */
    private boolean emptying;
    private boolean emptyAgain;
    /** Whether, when it was detached, something could not be written that the driver believes to be on the disk. */
    private boolean lost;

    BlockDevice(DeviceContext context, DiskFile.Opener opener) {
        this.context = context;
        this.opener = opener;
        this.settings = new BlockSettings(context);
        this.transport = new VirtioMmio(context, this, BlockProperties.TRANSPORT, BlockProperties.MODEL.properties(),
            settings.queueSizes());
        this.cache = new WriteCache(transport, settings);
        this.format = new FormatGuard(context, settings);
    }

    @Override
    public List<Reason> obstacles() {
        try {
            OptionalLong size = DiskFile.look(context.path(), settings.drive(), settings.readOnly());
            if (!format.known()) {
                format.require(DiskFile.looksLike(settings.drive()));
            }
            if (size.isPresent()) {
                check(settings.drive(), size.getAsLong());
            }
            return List.of();
        } catch (MachineException e) {
            return e.reasons();
        }
    }

    @Override
    public Optional<List<Resource>> claims() {
        boolean exclusive = !settings.readOnly();
        return Optional.of(DiskFile.named(settings.drive())
            .map(name -> new Resource(context.path(), BlockProperties.DRIVE.name(), name, exclusive)).stream().toList());
    }

    @Override
    public void attach() {
        String file = settings.drive();
        disk = opener.open(context.path(), file, settings.readOnly());
        try {
            format.attach(disk.looksLike());
            long size = disk.size();
            check(file, size);
            settings.lock(size);
        } catch (IOException e) {
            detach();
            throw DiskFile.refused(context.path(), file, "cannot be read: " + Reason.causeOf(e), "give another");
        } catch (RuntimeException e) {
            detach();
            throw e;
        }
        format.know();
        processor = new RequestProcessor(context, settings, transport, cache, disk, format, lost);
        lost = false;
    }

    /** The predecessor has had the same file, and raw, even if it was too old to say so. */
    @Override
    public void attach(Connections passedOn) {
        passedOn.close();
        format.know();
        attach();
    }

    /** The capacity is the one property that is changeable. */
    @Override
    public Runnable change(Property<?> property, Object value) {
        long capacity = (Long) value;
        try {
            settings.checkWholeBlocks(property, capacity);
            if (disk.size() < capacity) {
                throw MachineException.usage(context.path(), property.name(), settings.drive() + " has only " + disk.size()
                    + " bytes", "enlarge the file first");
            }
        } catch (IOException e) {
            throw DiskFile.refused(context.path(), settings.drive(), "has no size: " + Reason.causeOf(e), "look at the file");
        }
        return transport::configChanged;
    }

    /** Checks that a file of some size holds whole blocks, and the capacity that the guest knows. */
    private void check(String file, long size) {
        long block = settings.blockSize();
        if (size == 0 || size % block != 0) {
            throw DiskFile.refused(context.path(), file, "has " + size + " bytes, not whole blocks of " + block,
                "enlarge it to " + (size / block + 1) * block);
        }
        if (settings.capacity() != null && size < settings.capacity()) {
            throw DiskFile.refused(context.path(), file, "has " + size + " bytes, less than the disk's capacity of "
                + settings.capacity(), "give the file that the guest has used, or enlarge it");
        }
    }

    @Override
    public void detach() {
        close(!settings.readOnly());
    }

    /** What is not on the disk yet would be missing if the host failed, and the snapshot did not. */
    @Override
    public Callable<List<ContentIdentity>> contents() {
        if (disk == null) {
            return () -> DiskFile.identity(settings.drive());
        }
        requireNothingLost();
        DiskFile attached = disk;
        int known = attached.failedFlushes();
        boolean written = !settings.readOnly();
        return () -> {
            if (written) {
                attached.flush(known);
            }
            return List.of(attached.identity());
        };
    }

    private void requireNothingLost() {
        if (processor != null && processor.hasLost()) {
            throw DiskFile.refused(context.path(), settings.drive(), "could not be flushed, and the guest does not know it yet",
                "let the guest go on until it has been told, then try again");
        }
    }

    /** What the host has, a successor reads. It would not know what the host has lost. */
    @Override
    public void handOver() {
        requireNothingLost();
        close(false);
    }

    private void close(boolean flush) {
        if (disk == null) {
            return;
        }
        try (DiskFile closing = disk) {
            if (flush && processor != null) {
                processor.flush();
            }
        } catch (IOException e) {
            lost = processor.hasLost();
            throw DiskFile.refused(context.path(), settings.drive(),
                "could not be written to the end: " + Reason.causeOf(e), "check the host's disk, and the guest's data");
        } finally {
            disk = null;
            processor = null;
        }
    }

    @Override
    public void reset() {
        transport.reset();
    }

    @Override
    public void start() {
        processor.retry();
        transport.start();
    }

    /** What the host could not do goes back into the queues, and so along with the guest. */
    @Override
    public void quiesce() {
        if (processor != null) {
            transport.putBack(processor.takeBack());
        }
    }

    @Override
    public void serve(Virtqueue queue) {
        while (processor.takesMore()) {
            DescriptorChain chain = queue.poll();
            if (chain == null) {
                return;
            }
            processor.take(chain);
        }
    }

    @Override
    public int deviceId() {
        return DEVICE_ID;
    }

    @Override
    public ConfigSpace config() {
        return settings.config(cache.writeBack());
    }

    @Override
    public void writeConfig(int offset, int size, long value) {
        if (offset == BlockSettings.WRITEBACK && size == 1 && cache.adjustable() && cache.turn(value != 0)) {
            emptyCache();
        }
    }

    /**
     * The driver will not flush any more what it wrote before; if that fails the cache is still in use. However often the driver
     * turns it off, there is one flush at a time.
     */
    private void emptyCache() {
        if (emptying) {
            emptyAgain = true;
            return;
        }
        emptying = true;
        processor.emptyCache(done -> {
            emptying = false;
            if (!done) {
                cache.turn(true);
                transport.configChanged();
            } else if (emptyAgain && !cache.isOn()) {
                emptyCache();
            }
            emptyAgain = false;
        });
    }

    @Override
    public void onReset() {
        cache.turn(true);
    }

    @Override
    public long registerBytes() {
        return VirtioMmio.REGISTER_BYTES;
    }

    @Override
    public DeviceNode node() {
        return VirtioMmio.NODE;
    }

    @Override
    public long read(long offset, int size) {
        return transport.read(offset, size);
    }

    @Override
    public void write(long offset, int size, long value) {
        transport.write(offset, size, value);
    }

    @Override
    public Set<String> acknowledged() {
        return transport.acknowledged();
    }

    @Override
    public BlockState state() {
        return new BlockState(transport.state(), transport.legacyState(), !cache.isOn());
    }

    @Override
    public void restore(BlockState state) {
        transport.restore(state.transport(), state.legacy());
        cache.turn(!state.cacheOff());
    }
}
