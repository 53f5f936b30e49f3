package org.sterna.migration.internal.file;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.BooleanSupplier;
import org.sterna.machine.host.FileUse;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostFile;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.Preamble;

/**
 * A file with a machine in it (specification, section 12), open for reading. All but the content of pages is read and
 * checked when it is opened; the pages of guest memory are mapped or read when they are asked for, and checked by
 * {@link #verify}.
 */
public final class MachineFile implements AutoCloseable {
    private static final int END_BYTES = Frame.HEADER + 16;
    /** Linux allows 65530 in a process. */
    private static final int MOST_MAPPINGS = 30_000;
    private static final int WINDOW_BYTES = 128 << 10;

    private final FrameFile frames;
    private final MachineFileScan scan;
    private Optional<FileUse> use = Optional.empty();

    /**
     * Opens a file, and checks all but the content of pages: that it is whole, and that what its frames say agrees.
     *
     * @throws Failure if it is no such file, cut, or damaged, or contradicts itself; the reason says where
     */
    public MachineFile(Path path) throws Failure {
        frames = new FrameFile(path);
        boolean good = false;
        try {
            frames.preamble().checkFile(frames.name());
            checkCapabilities();
            requireWhole();
            scan = new MachineFileScan(frames);
            walk((offset, header) -> {
                frames.checkKnown(offset, header);
                scan.take(offset, header);
            });
            scan.check();
            good = true;
        } finally {
            if (!good) {
                frames.close();
            }
        }
    }

    /** What the writer calls required, the reader must know: frames may look otherwise with it. */
    private void checkCapabilities() throws Failure {
        Capabilities.OURS.with(frames.name(), Capabilities.decode(frame(FrameType.HELLO, Preamble.SIZE).tree(frames.name())));
    }

    /** Only a whole file has a last frame, which says its length. */
    private void requireWhole() throws Failure {
        long last = frames.size() - END_BYTES;
        if (last >= Preamble.SIZE) {
            ByteBuf end = frames.read(last, END_BYTES);
            FrameHeader header = FrameHeader.of(end);
            ByteBuf payload = end.slice(Frame.HEADER, 16);
            if (header.intact() && header.code() == FrameType.END.code() && header.fits(payload)
                    && payload.getLong(8) == frames.size()) {
                return;
            }
        }
        walk((offset, header) -> { });
        throw frames.damaged(last, "the last frame is wrong");
    }

    private Frame frame(FrameType type, long offset) throws Failure {
        Frame frame = frames.frame(offset);
        if (frame.type() != type) {
            throw frames.damaged(offset, "there is no frame " + type);
        }
        return frame;
    }

    /**
     * Checks every frame from the first to the last, the content of pages too.
     *
     * @param stop asked between frames whether it may end early
     * @throws Failure for the first that is damaged; the reason says at which byte
     */
    public void verify(BooleanSupplier stop) throws Failure {
        for (long offset = Preamble.SIZE; offset < frames.size() && !stop.getAsBoolean(); ) {
            FrameHeader header = frames.header(offset);
            frames.verify(offset, header);
            offset += Frame.HEADER + header.length();
        }
    }

    /** Takes a frame. */
    @FunctionalInterface
    private interface Visitor {
        void take(long offset, FrameHeader header) throws Failure;
    }

    private void walk(Visitor visitor) throws Failure {
        String last = "none";
        for (long offset = Preamble.SIZE; offset < frames.size(); ) {
            FrameHeader header = frames.header(offset);
            visitor.take(offset, header);
            last = header.name();
            offset += Frame.HEADER + header.length();
        }
        if (!last.equals(FrameType.END.name())) {
            throw frames.cutBehind(last);
        }
    }

    /** What the source declared when the guest had been stopped. */
    public Manifest manifest() {
        return scan.manifest();
    }

    /** The states, whole, by path. */
    public SortedMap<String, Messages.Section> sections() {
        return scan.sections();
    }

    /** Whether the guest ran, and what was counted. */
    public Messages.Finish finish() {
        return scan.finish();
    }

    /** Puts the content into memory that is all zero: mapped where that pays, so that it is read when it is touched. */
    public void load(GuestMemory memory) throws Failure {
        var mappings = Mappings.of(scan.runs(), MOST_MAPPINGS);
        try (HostFile file = HostFile.open(frames.path())) {
            frames.requireSame(file.link().orElse(frames.path()));
            for (PageMap.Run run : mappings.runs()) {
                if (!memory.map(address(memory, run), length(run), file, run.offset())) {
                    mappings.remove(run);
                }
            }
        } catch (IOException e) {
            throw frames.unreadable(e);
        }
        read(memory, mappings.missing(scan.runs()));
    }

    /**
     * Says that its content is in use, until it is closed: neither this process nor another one puts a snapshot in its
     * place then. The lock that tells others is gone when this process opens the file a second time and closes it; the
     * guest does not depend on it.
     *
     * @param user who uses it
     */
    public void hold(String user) {
        use = Optional.of(FileUse.ofContent(frames.path(), user));
        frames.lock();
    }

    private static long address(GuestMemory memory, PageMap.Run run) {
        return memory.base() + ((long) run.first() << GuestMemory.PAGE_SHIFT);
    }

    private static long length(PageMap.Run run) {
        return (long) run.pages() << GuestMemory.PAGE_SHIFT;
    }

    /** Short runs lie one behind the other in the file as they were written, so they are read many at a time. */
    private void read(GuestMemory memory, List<PageMap.Run> missing) throws Failure {
        var window = ByteBuffer.allocateDirect(WINDOW_BYTES).limit(0);
        long start = 0;
        for (PageMap.Run run : missing.stream().sorted(Comparator.comparingLong(PageMap.Run::offset)).toList()) {
            if (run.zero()) {
                memory.fill(address(memory, run), length(run), (byte) 0);
                continue;
            }
            for (long done = 0; done < length(run); ) {
                long place = run.offset() + done;
                if (place < start || place >= start + window.limit()) {
                    start = place;
                    window.clear().limit((int) Math.min(WINDOW_BYTES, frames.size() - start));
                    frames.fill(window, start);
                }
                int at = (int) (place - start);
                int length = (int) Math.min(length(run) - done, window.limit() - at);
                memory.writable(address(memory, run) + done, length).put(window.slice(at, length));
                done += length;
            }
        }
    }

    @Override
    public void close() {
        use.ifPresent(FileUse::close);
        frames.close();
    }
}
