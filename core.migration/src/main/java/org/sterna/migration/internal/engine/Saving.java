package org.sterna.migration.internal.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sterna.machine.ContentIdentity;
import org.sterna.machine.Machine;
import org.sterna.machine.Operation;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.DirtyLog;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.SnapshotOptions;
import org.sterna.migration.internal.file.MachineFileWriter;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Manifests;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.TextForm;

/** A snapshot on its way into a file: the pages while the guest runs, the rest while it stands still. */
public final class Saving extends ExclusiveTransfer {
    /** How long the devices may take to have on their disks what the guest has written, and to look at these. */
    private static final Duration WHILE_IT_RUNS = Duration.ofSeconds(60);
    private static final Duration WHILE_IT_STANDS_STILL = Duration.ofSeconds(10);

    private final Path file;
    private final SnapshotOptions options;
    private MachineFileWriter writer;
    private boolean cancelled;
    private boolean sealed;

    /** A snapshot that has not begun. */
    public Saving(Machine machine, Path file, SnapshotOptions options) {
        super(machine, Operation.Kind.SNAPSHOT, "into " + file, options.patience());
        this.file = file;
        this.options = options;
    }

    @Override
    public synchronized boolean cancel() {
        if (sealed || ended()) {
            return false;
        }
        cancelled = true;
        if (writer != null) {
            writer.end(cancellation());
        }
        return true;
    }

    private Failure cancellation() {
        return new Failure(Failure.Origin.CANCELLED,
            List.of(Reason.of(file.toString(), "the snapshot was cancelled", "")));
    }

    private synchronized void began(MachineFileWriter open) throws Failure {
        writer = open;
        if (cancelled) {
            throw cancellation();
        }
    }

    /** Cancelling comes too late from now on. */
    private synchronized void seal() throws Failure {
        if (cancelled) {
            throw cancellation();
        }
        sealed = true;
    }

    @Override
    protected void perform() throws Exception {
        check();
        AutoCloseable listening = machine.onPhase(this::endWith);
        try {
            save();
        } finally {
            listening.close();
        }
    }

    /** Nothing can be read of a machine that is closed, so its file is not waited for. */
    private synchronized void endWith(Machine.Phase phase) {
        if (phase == Machine.Phase.CLOSED && writer != null) {
            writer.end(closed());
        }
    }

    private void check() throws Failure {
        if (!isOfHandedOver()) {
            Departure.check(machine);
        }
    }

    /** Whether it is of a guest that was handed over, and such a one is wanted. */
    private boolean isOfHandedOver() {
        return options.handedOver() && Departure.isHandedOver(machine);
    }

    /** The content of the disks. The destination may have written those of a guest that was handed over. */
    private Map<String, List<ContentIdentity>> contents(Duration limit) {
        return isOfHandedOver() ? machine.releasedContents() : machine.contents(limit);
    }

    @Override
    protected Phase after(Failure failure) {
        return failure.origin() == Failure.Origin.CANCELLED ? Phase.CANCELLED : Phase.FAILED;
    }

    private void save() throws Failure {
        GuestMemory memory = machine.memory();
        Progress progress = progress();
        try (var open = new MachineFileWriter(file, "a snapshot of machine " + machine.name(), memory.pages(),
                GuestMemory.PAGE_SIZE); var dirtyLog = memory.dirtyLog().open()) {
            began(open);
            open.send(FrameType.HELLO, Capabilities.OURS.encode());
            var sender = new PageSender(open, memory, true, progress);
            progress.enter(Phase.PRECOPY);
            var rest = new Precopy(round -> open.force(), sender, dirtyLog, new Pacer(open, options.bandwidth()),
                progress)
                .run(memory.pages(), options.downtimeLimit());
            // What it has written so far reaches its disks while it runs, so that it need not wait for that later.
            contents(WHILE_IT_RUNS);
            whileTheGuestStandsStill(open, sender, dirtyLog, rest);
            seal();
            open.finish();
        }
    }

    private void whileTheGuestStandsStill(MachineFileWriter open, PageSender sender, DirtyLog.Reader dirtyLog,
            BitSet pages) throws Failure {
        long start = System.nanoTime();
        boolean ran = machine.phase() == Machine.Phase.RUNNING;
        Progress progress = progress();
        boolean written = false;
        try {
            operation().hold();
            progress.enter(Phase.SWITCHOVER);
            // It may have ended while its memory was written.
            check();
            dirtyLog.harvest(pages);
            progress.beginRound(progress.status().round() + 1, pages.cardinality());
            sender.send(pages, new Pacer(open, 0));
            // What this manifest says of the states is no glimpse: it holds for the file for ever.
            open.send(FrameType.MANIFEST, Manifests.encode(Declaration.of(machine, Set.of())
                .withContents(contents(WHILE_IT_STANDS_STILL))));
            var sections = new Sections(TextForm.DEFINITE);
            for (Part part : machine.parts()) {
                open.section(part.path(), sections.encode(part, part.state()));
            }
            open.send(FrameType.FINISH,
                new Messages.Finish(sender.sent(), machine.parts().size(), machine.runRequested()).encode());
            written = true;
        } finally {
            try {
                if (written && options.stop() && !isOfHandedOver()) {
                    // It is the operator's wish that the guest stays as the file knows it.
                    machine.pause();
                }
            } finally {
                release();
            }
            progress.stoodStill(ran && machine.phase() == Machine.Phase.RUNNING ? System.nanoTime() - start : 0);
        }
    }

    private void release() {
        try {
            operation().release();
        } catch (RuntimeException | Error e) {
            machine.explain("it could not be let run again after a snapshot: " + Reason.causeOf(e));
            throw e;
        }
    }
}
