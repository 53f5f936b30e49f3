package org.sterna.migration.internal.file;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostFile;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Manifests;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.Node;
import org.sterna.migration.internal.wire.Preamble;

/**
 * A file with a machine in it (specification, section 12), open for reading. What its index names is read and checked
 * when it is opened; the pages of guest memory are mapped or read when they are asked for, and checked by {@link #verify}.
 */
public final class MachineFile implements AutoCloseable {
    private static final int END_BYTES = Frame.HEADER + 16;
    /** Shorter runs of pages are read: a mapping each would cost more, and hosts limit their number. */
    private static final int WORTH_MAPPING = 64;
    /** Linux allows 65530 in a process. */
    private static final int MOST_MAPPINGS = 30_000;
    private static final int BUFFER_BYTES = 1 << 20;
    private static final String ANOTHER = "use another copy of the file";

    private final Path path;
    private final String name;
    private final FileChannel channel;
    private final long size;
    private Preamble preamble;
    private Manifest manifest;
    private Messages.Finish finish;
    private PageMap pages;
    private final SortedMap<String, Messages.Section> sections = new TreeMap<>();

    /**
     * Opens a file.
     *
     * @throws Failure if it is no such file, cut, or damaged; the reason says where
     */
    public MachineFile(Path path) throws Failure {
        this.path = path;
        this.name = path.toString();
        try {
            channel = FileChannel.open(path);
        } catch (IOException e) {
            throw Failure.here(name, "cannot be opened: " + FileFault.words(e), "give a file that ./sterna snapshot has written");
        }
        boolean whole = false;
        try {
            size = channel.size();
            open();
            whole = true;
        } catch (IOException e) {
            throw unreadable(e);
        } finally {
            if (!whole) {
                close();
            }
        }
    }

    private Failure unreadable(IOException e) {
        return Failure.here(name, "cannot be read: " + FileFault.words(e), "");
    }

    private void open() throws Failure, IOException {
        ByteBuf start = read(0, (int) Math.min(size, Preamble.SIZE));
        preamble = Preamble.decode(name, start);
        if (preamble == null) {
            throw cut("in the preamble");
        }
        preamble.checkFile(name);
        long index = index();
        Node where = frame(FrameType.INDEX, index).tree(name);
        manifest = Manifests.decode(frame(FrameType.MANIFEST, where.get("manifest").number(Preamble.SIZE, index)).tree(name));
        finish = Messages.Finish.decode(frame(FrameType.FINISH, where.get("finish").number(Preamble.SIZE, index)).tree(name));
        for (var entry : where.get("sections").entries(4096).entrySet()) {
            var section = Messages.Section.decode(frame(FrameType.SECTION, entry.getValue().number(Preamble.SIZE, index)).tree(name));
            sections.put(section.path(), section);
        }
        Manifest.Region ram = ram();
        pages = PageMap.decode(name, where.get("pages").bytes(FrameType.INDEX.maxLength()), (int) (ram.size() / ram.pageSize()),
            ram.pageSize(), index);
    }

    private Manifest.Region ram() throws Failure {
        if (manifest.regions().size() == 1) {
            Manifest.Region region = manifest.regions().getFirst();
            if (region.name().equals(Manifest.Region.RAM) && region.pageSize() == GuestMemory.PAGE_SIZE
                    && region.size() / GuestMemory.PAGE_SIZE <= Integer.MAX_VALUE) {
                return region;
            }
        }
        throw Failure.here(name, "has the bulk regions " + manifest.regions() + ", which this version cannot read", "");
    }

    /** Where the index is, which only the last frame of a whole file says. */
    private long index() throws Failure, IOException {
        if (size >= Preamble.SIZE + END_BYTES) {
            ByteBuf end = read(size - END_BYTES, END_BYTES);
            FrameHeader header = FrameHeader.of(end);
            if (header.intact() && header.code() == FrameType.END.code() && header.length() == 16
                    && header.fits(end.slice(Frame.HEADER, 16)) && end.getLong(Frame.HEADER + 8) == size) {
                return end.getLong(Frame.HEADER);
            }
        }
        Failure failure = walk(() -> false, false);
        throw failure == null ? damaged(size - END_BYTES, "the last frame is wrong") : failure;
    }

    /** The frame that must be at an offset. */
    private Frame frame(FrameType type, long offset) throws Failure, IOException {
        FrameHeader header = header(offset);
        if (header.code() != type.code()) {
            throw damaged(offset, "there is no frame " + type);
        }
        ByteBuf payload = read(offset + Frame.HEADER, (int) header.length());
        if (!header.fits(payload)) {
            throw damaged(offset, "the checksum of a frame " + type + " is wrong");
        }
        return new Frame(header.code(), header.flags(), payload);
    }

    private FrameHeader header(long offset) throws Failure, IOException {
        if (offset < Preamble.SIZE || offset > size - Frame.HEADER) {
            throw cut("after byte " + offset);
        }
        FrameHeader header = FrameHeader.of(read(offset, Frame.HEADER));
        if (!header.intact() || header.length() > FrameType.maxLength(header.code())) {
            throw damaged(offset, "the header of a frame is wrong");
        }
        if (header.length() > size - offset - Frame.HEADER) {
            throw cut("in the frame " + header.name() + " at byte " + offset);
        }
        return header;
    }

    private Failure damaged(long offset, String what) {
        return Failure.here(name, "is damaged at byte " + offset + ": " + what, ANOTHER);
    }

    private Failure cut(String where) {
        return Failure.here(name, "is cut: it ends " + where + " after " + size + " bytes", ANOTHER);
    }

    private ByteBuf read(long offset, int length) throws Failure, IOException {
        var bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, offset + bytes.position()) < 0) {
                throw cut("before byte " + (offset + length));
            }
        }
        return Unpooled.wrappedBuffer(bytes.flip());
    }

    /**
     * Checks every frame from the first to the last.
     *
     * @param stop asked between frames whether it may end early
     * @throws Failure for the first that is damaged; the reason says at which byte
     */
    public void verify(BooleanSupplier stop) throws Failure {
        try {
            Failure failure = walk(stop, true);
            if (failure != null) {
                throw failure;
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** What is wrong with the frames, or null if they lead to the end of the file. */
    private Failure walk(BooleanSupplier stop, boolean contents) throws IOException {
        var buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        long offset = Preamble.SIZE;
        FrameHeader header = null;
        try {
            while (offset < size && !stop.getAsBoolean()) {
                header = header(offset);
                if (contents && checksum(buffer, offset + Frame.HEADER, header.length()) != header.checksum()) {
                    return damaged(offset, "the checksum of a frame " + header.name() + " is wrong");
                }
                offset += Frame.HEADER + header.length();
            }
        } catch (Failure failure) {
            return failure;
        }
        return header != null && header.code() == FrameType.END.code() || stop.getAsBoolean() ? null
            : cut("behind the frame " + (header == null ? "0" : header.name()) + " without the last one");
    }

    private int checksum(ByteBuffer buffer, long offset, long length) throws IOException {
        var crc = new CRC32C();
        for (long done = 0; done < length; done += buffer.position()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), length - done));
            if (channel.read(buffer, offset + done) <= 0) {
                return ~(int) crc.getValue();
            }
            int read = buffer.position();
            crc.update(buffer.flip());
            buffer.position(read);
        }
        return (int) crc.getValue();
    }

    /** The producer and version of the stream. */
    public Preamble preamble() {
        return preamble;
    }

    /** What the source declared when the guest had been stopped. */
    public Manifest manifest() {
        return manifest;
    }

    /** The states, whole, by path. */
    public SortedMap<String, Messages.Section> sections() {
        return sections;
    }

    /** Whether the guest ran, and what was counted. */
    public Messages.Finish finish() {
        return finish;
    }

    /** How many bytes of content the file has for guest memory; the rest is zero. */
    public long contentBytes() {
        long[] bytes = new long[1];
        pages.forEachRun(run -> bytes[0] += run.zero() ? 0 : (long) run.pages() * GuestMemory.PAGE_SIZE);
        return bytes[0];
    }

    /** Puts the content into memory that is all zero: mapped where that pays, so that it is read when it is touched. */
    public void load(GuestMemory memory) throws Failure {
        int[] worthIt = new int[1];
        pages.forEachRun(run -> worthIt[0] += run.zero() || run.pages() < WORTH_MAPPING ? 0 : 1);
        int least = worthIt[0] <= MOST_MAPPINGS ? WORTH_MAPPING : Integer.MAX_VALUE;
        try (HostFile file = HostFile.open(path)) {
            pages.forEachRun(run -> {
                if (!run.zero()) {
                    long address = memory.base() + ((long) run.first() << GuestMemory.PAGE_SHIFT);
                    long length = (long) run.pages() << GuestMemory.PAGE_SHIFT;
                    if (run.pages() < least || !memory.map(address, length, file, run.offset())) {
                        copy(memory, address, length, run.offset());
                    }
                }
            });
        } catch (IOException e) {
            throw unreadable(e);
        } catch (UncheckedFault e) {
            throw e.failure();
        }
    }

    private void copy(GuestMemory memory, long address, long length, long offset) {
        try {
            for (long done = 0; done < length; ) {
                ByteBuffer target = memory.writable(address + done, (int) Math.min(BUFFER_BYTES, length - done));
                int read = channel.read(target, offset + done);
                if (read <= 0) {
                    throw new UncheckedFault(cut("before byte " + (offset + length)));
                }
                done += read;
            }
        } catch (IOException e) {
            throw new UncheckedFault(unreadable(e));
        }
    }

    /** A failure on its way through a callback. */
    private static final class UncheckedFault extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UncheckedFault(Failure failure) {
            super(failure);
        }

        Failure failure() {
            return (Failure) getCause();
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // It was only read.
        }
    }
}
