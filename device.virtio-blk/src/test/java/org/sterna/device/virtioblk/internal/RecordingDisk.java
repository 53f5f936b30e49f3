package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
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
    private volatile String failure = "a planted fault";
    private volatile String flushFailure;
    private final Map<Long, String> broken = new HashMap<>();
    private final Set<Long> held = new HashSet<>();

    RecordingDisk(int sectors) {
        content = new byte[512 * sectors];
    }

    /** A bench with a device that has attached this disk, which is not recorded. */
    DeviceBench bench(Map<String, String> properties) {
        var bench = new DeviceBench(factory(), properties);
        accesses.clear();
        return bench;
    }

    /** What makes devices with this disk. */
    DeviceFactory factory() {
        var files = new BlockDeviceFactory();
        return new DeviceFactory() {
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
                    (device, file, readOnly) -> new DiskFile(RecordingDisk.this, Fallocate.NONE, Path.of(file), this));
            }
        };
    }

    /** Lets every access fail as the host says it, or none. */
    void fail(String message) {
        failure = message;
        failing = message != null;
    }

    /** Lets flushes fail, or not. */
    void failFlush(String message) {
        flushFailure = message;
    }

    /** Lets the accesses of a sector fail, or of none any more. */
    synchronized void failAt(long sector, String message) {
        if (message == null) {
            broken.clear();
        } else {
            broken.put(sector, message);
        }
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

    private synchronized void requireWhole(long sector) throws IOException {
        if (failing || broken.containsKey(sector)) {
            throw new IOException(failing ? failure : broken.get(sector));
        }
    }

    private int few(ByteBuffer buffer, long position) throws IOException {
        awaitRelease(position);
        accesses.add(position / 512);
        requireWhole(position / 512);
        return Math.min(buffer.remaining(), 100);
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        if (position >= content.length) {
            return -1;
        }
        int count = Math.min(few(target, position), content.length - (int) position);
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
        if (failing || flushFailure != null) {
            throw new IOException(failing ? failure : flushFailure);
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
