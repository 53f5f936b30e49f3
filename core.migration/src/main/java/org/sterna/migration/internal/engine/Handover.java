package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.BitSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Operation;
import org.sterna.machine.Ownership;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.DirtyLog;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Messages;

/**
 * The switch-over at the source (specification, section 7): stops the guest, sends the rest, compares digests, commits.
 * Until the commit this side can take the guest back; after it, never by itself.
 */
final class Handover {
    /** The way out when nobody knows who has the guest. */
    static final String TAKE_BACK = "look at the destination; only if the guest has not run there, resume it here by force";

    private static final Logger LOG = LoggerFactory.getLogger(Handover.class);
    private static final Duration RETRY = Duration.ofMillis(50);

    private final Machine machine;
    private final Operation operation;
    private final Connection connection;
    private final Progress progress;

    Handover(Machine machine, Operation operation, Connection connection, Progress progress) {
        this.machine = machine;
        this.operation = operation;
        this.connection = connection;
        this.progress = progress;
    }

    /** What must be asked before the commit; it may refuse. */
    @FunctionalInterface
    interface Commit {
        void now() throws Failure;
    }

    /** Hands the guest over. */
    void perform(Inquiry inquiry, PageSender sender, DirtyLog.Reader dirtyLog, BitSet pages, Commit commit) throws Failure {
        long start = System.nanoTime();
        boolean ran = machine.phase() == Machine.Phase.RUNNING;
        operation.hold();
        progress.enter(MigrationStatus.Phase.SWITCHOVER);
        // It may have ended while its memory was sent.
        Departure.check(machine);
        var states = new TreeMap<String, SortedMap<Long, Object>>();
        machine.parts().forEach(part -> states.put(part.path(), part.state()));
        inquiry.checkConditions(states);
        if (!machine.abi().equals(inquiry.manifest().abi())) {
            throw Failure.here(machine.name(), "somebody changed the guest ABI while memory was sent", "migrate it again");
        }
        dirtyLog.harvest(pages);
        progress.beginRound(progress.status().round() + 1, pages.cardinality());
        sender.send(pages, new Pacer(connection, 0));
        var digests = sendSections(inquiry, states);
        // The destination attaches the disks when it gets FINISH.
        operation.relinquish();
        // From now on nobody can change it.
        var finish = new Messages.Finish(sender.sent(), digests.size(), machine.runRequested());
        connection.send(FrameType.FINISH, finish.encode());
        var loaded = Messages.Loaded.decode(connection.receive(FrameType.LOADED));
        loaded.checkSections(connection.peer(), digests.keySet());
        compare(finish.bulk(), digests, loaded);
        commit.now();
        connection.send(FrameType.COMMIT, Messages.EMPTY);
        connection.receive(FrameType.TAKEN);
        operation.confirm();
        Messages.Running.decode(connection.receive(FrameType.RUNNING));
        progress.stoodStill(ran ? System.nanoTime() - start : 0);
        leave();
    }

    /** The guest runs there, whatever becomes of what it has left here. */
    private void leave() {
        try {
            try {
                machine.explain("migrated to " + connection.peer());
            } finally {
                machine.close();
            }
        } catch (RuntimeException | Error e) {
            LOG.error("{} has left, and what it has left behind cannot be closed", machine.name(), e);
        }
    }

    /** Whether the destination may have the guest. */
    boolean committed() {
        return machine.ownership().isHandedOver();
    }

    private SortedMap<String, byte[]> sendSections(Inquiry inquiry, SortedMap<String, SortedMap<Long, Object>> states)
            throws Failure {
        var digests = new TreeMap<String, byte[]>();
        var sections = new Sections(connection.texts());
        for (Part part : machine.parts()) {
            var sent = inquiry.plan(part).sent(states.get(part.path()));
            connection.send(FrameType.SECTION, sections.encode(part, sent));
            digests.put(part.path(), SectionCodec.digest(connection.texts(), part.schema(), sent));
        }
        return digests;
    }

    private static void compare(Messages.Bulk sent, SortedMap<String, byte[]> digests, Messages.Loaded loaded) throws Failure {
        var wrong = new ArrayList<Reason>();
        digests.forEach((path, digest) -> {
            if (!Arrays.equals(digest, loaded.digests().get(path))) {
                wrong.add(Reason.of(path, "the destination has restored something else than was sent",
                    "a bundle of it has a defect, here or there, or the destination does not say what it has done; look for other versions"));
            }
        });
        if (!sent.equals(loaded.bulk())) {
            wrong.add(Reason.of("ram", "the destination has got other pages than were sent", ""));
        }
        if (!wrong.isEmpty()) {
            throw new Failure(Failure.Origin.HERE, wrong);
        }
    }

    /** After a failure lets the guest go on here if that is still ours to decide; returns the failure, with what came of it. */
    Failure takeBack(Failure failure) {
        if (committed()) {
            String why = "handed over to " + connection.peer() + (machine.ownership() == Ownership.DEPARTED
                ? ", which has taken it over but has not said that it runs" : ", which has not confirmed it")
                + "; it must not run here unless it is certain that it has not run there";
            machine.explain(why);
            return afterCommit(failure, Reason.of(machine.name(), why, TAKE_BACK));
        }
        try {
            if (machine.ownership() == Ownership.RELEASED) {
                reattach();
            }
            operation.release();
            return failure;
        } catch (RuntimeException | Error e) {
            String why = "a migration failed and the guest could not be let run again: " + Reason.causeOf(e);
            machine.explain(why);
            return with(failure, Reason.of(machine.name(), why, "set it right, then let the machine go on"));
        }
    }

    /** A destination whose line is gone still holds the disks until it has noticed. */
    private void reattach() {
        long deadline = System.nanoTime() + connection.timeouts().reattach().toNanos();
        while (true) {
            try {
                operation.reattach();
                return;
            } catch (MachineException e) {
                if (System.nanoTime() - deadline >= 0) {
                    throw e;
                }
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
    }

    /** What counts comes first, and a peer that has failed now gives no advice on what to do with the guest here. */
    private static Failure afterCommit(Failure failure, Reason first) {
        var reasons = new ArrayList<>(List.of(first));
        for (Reason reason : failure.reasons()) {
            reasons.add(failure.origin() == Failure.Origin.PEER
                ? new Reason(reason.subject(), reason.item(), reason.cause(), "") : reason);
        }
        return new Failure(failure.origin(), reasons);
    }

    private static Failure with(Failure failure, Reason more) {
        var reasons = new ArrayList<>(failure.reasons());
        reasons.add(more);
        return new Failure(failure.origin(), reasons);
    }
}
