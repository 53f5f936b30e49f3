package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sterna.machine.abi.Model;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.testkit.DeviceBench;

/** A disk in memory that records what it is asked, fails when told to, and moves a few bytes at a time. */
final class RecordingDisk extends FileChannel {
    final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final byte[] content;
    /** The sector of each access that has begun. */
    final List<Long> accesses = Collections.synchronizedList(new ArrayList<>());
    volatile boolean failing;
    private final Set<Long> held = new HashSet<>();

    RecordingDisk(int sectors) {
        content = new byte[512 * sectors];
    }

    DeviceBench bench(Map<String, String> properties) {
        var files = new BlockDeviceFactory();
        return new DeviceBench(new DeviceFactory() {
            @Override
            public Model model() {
                return files.model();
            }

            @Override
            public String slot() {
                return files.slot();
            }

            @Override
            public Device<?> create(DeviceContext context) {
                return new BlockDevice(context,
                    (device, file, readOnly) -> new DiskFile(RecordingDisk.this, Fallocate.NONE, this));
            }
        }, properties);
    }

    byte[] content() {
        return content;
    }

    /** Lets no access of a sector begin until it is released. */
    synchronized void hold(long sector) {
        held.add(sector);
    }

    synchronized void release(long sector) {
        held.remove(sector);
        notifyAll();
    }

    private synchronized void awaitRelease(long position) throws IOException {
        try {
            while (held.contains(position / 512)) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private int few(ByteBuffer buffer, long position) throws IOException {
        awaitRelease(position);
        accesses.add(position / 512);
        if (failing) {
            throw new IOException("a planted fault");
        }
        return Math.min(buffer.remaining(), 100);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        int count = few(target, position);
        target.put(content, (int) position, count);
        return count;
    }

    @Override
    public int write(ByteBuffer source, long position) throws IOException {
        int count = few(source, position);
        source.get(content, (int) position, count);
        calls.add("write");
        return count;
    }

    @Override
    public void force(boolean metaData) throws IOException {
        if (failing) {
            throw new IOException("a planted fault");
        }
        calls.add("force");
    }

    @Override
    public long size() {
        return content.length;
    }

    @Override
    protected void implCloseChannel() {
        calls.add("close");
    }

    @Override
    public int read(ByteBuffer target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer source) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long position() {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel position(long newPosition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel truncate(long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }
}
