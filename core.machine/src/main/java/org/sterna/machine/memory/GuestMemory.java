package org.sterna.machine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The guest's RAM: one contiguous range of guest-physical addresses, off the Java heap, committed by the host only
 * when touched, little-endian.
 *
 * <p>Devices use the accessors that take a guest-physical address: they check it and mark what they write in the
 * {@linkplain #dirtyLog() dirty log}. Processors and bulk transfer work on {@link #segment()} and keep the dirty log's
 * rules themselves. All methods may be called from any thread; accesses are plain unless said otherwise.
 */
public final class GuestMemory implements AutoCloseable {
    /** The unit of the dirty log and of bulk transfer, in bytes. */
    public static final int PAGE_SIZE = 4096;
    /** The binary logarithm of {@link #PAGE_SIZE}. */
    public static final int PAGE_SHIFT = 12;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena = Arena.ofShared();
    private final long base;
    private final long size;
    private final MemorySegment segment;
    private final DirtyLog dirtyLog;
    private final MappedFiles files = new MappedFiles();

    /**
     * RAM of all zeroes.
     *
     * @param base the guest-physical address of its first byte, a multiple of {@link #PAGE_SIZE}
     * @param size its size in bytes, a positive multiple of {@link #PAGE_SIZE}
     * @throws OutOfMemoryError if the host cannot reserve so much address space
     */
    public GuestMemory(long base, long size) {
        if (size <= 0 || ((base | size) & PAGE_SIZE - 1) != 0 || base < 0 || base + size < 0) {
            throw new IllegalArgumentException("not a range of whole pages: " + base + " + " + size);
        }
        this.base = base;
        this.size = size;
        this.segment = AnonymousMapping.reserve(size, arena);
        this.dirtyLog = new DirtyLog(base, size);
    }

    /** The guest-physical address of the first byte. */
    public long base() {
        return base;
    }

    /** The size in bytes. */
    public long size() {
        return size;
    }

    /** The number of pages. */
    public int pages() {
        return (int) (size >>> PAGE_SHIFT);
    }

    /** Whether a whole range of guest-physical addresses is RAM; an empty or negative length never is. */
    public boolean contains(long address, long length) {
        long offset = address - base;
        return length > 0 && offset >= 0 && offset < size && length <= size - offset;
    }

    /**
     * All of RAM, offset 0 being {@link #base()}. Writes through it are not marked in the dirty log.
     */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * Has the host commit the pages of a range at once, which costs it less than a fault at the first touch of each. It
     * is a hint: a host that does not know how does nothing, and nothing that a guest sees changes.
     *
     * @throws GuestAddressException if the range is not RAM
     */
    public void commit(long address, long length) {
        AnonymousMapping.commit(segment.asSlice(offset(address, length), length));
    }

    /**
     * Makes a range show a part of a file, which the host reads page by page when it is touched; what the guest writes stays
     * here. The file must not be changed or cut as long as this memory is open: an access to a page that the host
     * cannot bring any more throws an {@link InternalError}, perhaps some instructions later, see {@link
     * #unreadable(Throwable)}. Nothing may be using the range.
     *
     * @param address a multiple of {@link #PAGE_SIZE}, like the other numbers
     * @param length  in bytes
     * @param file    the file
     * @param offset  of the first byte in the file
     * @return false if this host cannot do it; nothing has happened then
     * @throws GuestAddressException if the range is not RAM
     */
    public boolean map(long address, long length, HostFile file, long offset) {
        if (!AnonymousMapping.replace(segment.asSlice(offset(address, length), length), file, offset)) {
            return false;
        }
        files.add(file, offset + length);
        return true;
    }

    /**
     * Why a part of this memory is lost, if that has been found out: a file that it {@linkplain #map shows} was cut, is damaged, or
     * cannot be read any more. It never comes back, also if the file does, and the guest cannot go on. It looks at
     * nothing.
     *
     * @return the reason in words, with the file
     * @since 1.1
     */
    public Optional<String> unreadable() {
        return files.unreadable();
    }

    /**
     * Says that a part of this memory is lost, since whoever has {@linkplain #map mapped} a file has found it damaged. It is never right
     * again, and the guest cannot go on, here or anywhere; see {@link #unreadable()}. The first reason counts.
     *
     * @param reason in words, with the file
     * @since 1.1
     */
    public void declareUnreadable(String reason) {
        files.declareUnreadable(reason);
    }

    /**
     * Finds out whether something failed because a part of this memory is lost. It looks at the files that are shown.
     *
     * @param thrown what an access to this memory may have thrown
     * @return as {@link #unreadable()}
     * @since 1.1
     */
    public Optional<String> unreadable(Throwable thrown) {
        return files.unreadable(thrown);
    }

    /**
     * Whether something failed because the host could not bring a page of a file that is mapped into this process,
     * whoever has mapped it.
     *
     * @since 1.1
     */
    public static boolean isUnreadableFile(Throwable thrown) {
        return MappedFiles.isAccessFault(thrown);
    }

    /** The log of which pages have been written. */
    public DirtyLog dirtyLog() {
        return dirtyLog;
    }

    /**
     * A little-endian view of a range for reading.
     *
     * @throws GuestAddressException if the range is not RAM
     */
    public ByteBuffer readable(long address, int length) {
        return view(address, length).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * A little-endian view of a range for writing. Whoever writes through it calls {@link DirtyLog#mark} for the
     * range <em>after</em> the write; a mark before the write could be harvested before it.
     *
     * @throws GuestAddressException if the range is not RAM
     */
    public ByteBuffer writable(long address, int length) {
        return view(address, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer view(long address, int length) {
        return segment.asSlice(offset(address, length), length).asByteBuffer();
    }

    /** The byte at a guest-physical address. Throws {@link GuestAddressException} outside RAM, as all that follow. */
    public byte getByte(long address) {
        return segment.get(ValueLayout.JAVA_BYTE, offset(address, 1));
    }

    /** The 16-bit value at a guest-physical address. */
    public short getShort(long address) {
        return segment.get(SHORT, offset(address, 2));
    }

    /** The 32-bit value at a guest-physical address. */
    public int getInt(long address) {
        return segment.get(INT, offset(address, 4));
    }

    /** The 64-bit value at a guest-physical address. */
    public long getLong(long address) {
        return segment.get(LONG, offset(address, 8));
    }

    /** Copies from guest-physical memory. */
    public void get(long address, byte[] target, int start, int length) {
        if (length > 0) {
            MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset(address, length), target, start, length);
        }
    }

    /** Stores a byte and marks it. */
    public void putByte(long address, byte value) {
        segment.set(ValueLayout.JAVA_BYTE, offset(address, 1), value);
        dirtyLog.mark(address, 1);
    }

    /** Stores a 16-bit value and marks it. */
    public void putShort(long address, short value) {
        segment.set(SHORT, offset(address, 2), value);
        dirtyLog.mark(address, 2);
    }

    /** Stores a 32-bit value and marks it. */
    public void putInt(long address, int value) {
        segment.set(INT, offset(address, 4), value);
        dirtyLog.mark(address, 4);
    }

    /** Stores a 64-bit value and marks it. */
    public void putLong(long address, long value) {
        segment.set(LONG, offset(address, 8), value);
        dirtyLog.mark(address, 8);
    }

    /** Copies to guest-physical memory and marks it. */
    public void put(long address, byte[] source, int start, int length) {
        if (length > 0) {
            MemorySegment.copy(source, start, segment, ValueLayout.JAVA_BYTE, offset(address, length), length);
            dirtyLog.mark(address, length);
        }
    }

    /** Fills a range with one byte and marks it. */
    public void fill(long address, long length, byte value) {
        if (length > 0) {
            segment.asSlice(offset(address, length), length).fill(value);
            dirtyLog.mark(address, length);
        }
    }

    private long offset(long address, long length) {
        if (!contains(address, length)) {
            throw new GuestAddressException(address, length);
        }
        return address - base;
    }

    /** Gives the memory back to the host. No processor, device or transfer may be using it any more. */
    @Override
    public void close() {
        arena.close();
    }
}
