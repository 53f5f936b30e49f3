package org.sterna.migration.internal.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.Machine;
import org.sterna.machine.Operation;
import org.sterna.machine.Reason;
import org.sterna.migration.ReceiveOptions;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.wire.Answers;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.Frame;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Manifests;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.Preamble;

/**
 * One conversation at the destination: answers a manifest and, if the source goes ahead, takes the machine over. {@link
 * #run} is its thread, and the order of its statements is the order that messages must come in.
 */
final class Incoming implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Incoming.class);
    private static final String IDLE = "has sent nothing of the machine for too long, but signs of life only";

    /** What a destination opens its side of the line with. */
    static final Preamble PREAMBLE = Preamble.socket(Preamble.Role.DESTINATION);
    private static final long BUSY = Long.MIN_VALUE;

    private final Connection connection;
    private final Answering answering;
    private final ReceiveOptions options;
    private final HostRoom room;
    /** When it began to wait for the peer to say what it wants, or {@link #BUSY}. */
    private volatile long waitsSince = System.nanoTime();
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.OPEN);

    /** Whether it can still be given up. */
    private enum Stage {
        /** It can. */
        OPEN,
        /** It cannot: the source has given the guest away, and waits to hear that it runs. */
        COMMITTED,
        /** It is given up. */
        GIVEN_UP
    }

    Incoming(Connection connection, Answering answering, ReceiveOptions options, HostRoom room) {
        this.connection = connection;
        this.answering = answering;
        this.options = options;
        this.room = room;
    }

    /** How long the peer has not said what it wants; 0 while this side is busy with an answer or with a machine. */
    Duration waiting() {
        long since = waitsSince;
        return since == BUSY ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
    }

    /** Takes no guest any more, unless the source has given it away already; whether that is so. */
    boolean giveUp() {
        return stage.compareAndSet(Stage.OPEN, Stage.GIVEN_UP);
    }

    @Override
    public void run() {
        try {
            converse();
            connection.close();
        } catch (Failure | RuntimeException | Error e) {
            LOG.debug("a migration from {} failed", connection.peer(), e);
            Failure failure = Failure.of(connection.peer(), e);
            try {
                connection.close(failure);
            } finally {
                options.failed().accept(inOne(failure));
            }
        }
    }

    private static Reason inOne(Failure failure) {
        Reason first = failure.reasons().getFirst();
        int more = failure.reasons().size() - 1;
        return more == 0 ? first : new Reason(first.subject(), first.item(),
            first.cause() + "; and " + more + " more, which the source shows", first.remedy());
    }

    private void converse() throws Failure {
        Handshake handshake = Handshake.perform(connection, PREAMBLE, Capabilities.WITH_PROVISIONING);
        Capabilities common = handshake.common();
        Manifest manifest = Manifests.decode(connection.receive(FrameType.MANIFEST));
        waitsSince = BUSY;
        Answer answer = answer(manifest, handshake.ahead().map(ClockDifference::new), common.have(Capabilities.PROVISIONING));
        connection.send(FrameType.VERDICT, Answers.encode(answer));
        waitsSince = System.nanoTime();
        if (!goesAhead(answer.verdict().allowed())) {
            return;
        }
        waitsSince = BUSY;
        // What there was room for when the source asked may have been given to another since.
        try (HostRoom.Place place = room.take(options.name(), manifest.abi(), options.limits())) {
            takeOver(manifest, answer, common.have(Capabilities.ZERO_PAGES), place);
        }
    }

    /** Everything that can be told without taking anything. */
    private Answer answer(Manifest manifest, Optional<ClockDifference> clocks, boolean install) {
        var unwanted = new ArrayList<>(options.objections().apply(manifest.abi()));
        unwanted.addAll(room.obstacles(options.name(), manifest.abi(), options.limits()));
        List<Reason> objections = clocks.map(difference -> difference.objections(options.limits().maxClockJump())).orElse(List.of());
        unwanted.addAll(objections);
        Answer answer = answering.answer(manifest, unwanted, install);
        return objections.isEmpty() ? answer.with(clocks.map(ClockDifference::remarks).orElse(List.of())) : answer;
    }

    /** Whether the source, having got the answer, sends START and not BYE. */
    private boolean goesAhead(boolean allowed) throws Failure {
        Frame next = connection.receive(connection.timeouts().step());
        try {
            if (next.type() != FrameType.BYE && (next.type() != FrameType.START || !allowed)) {
                throw connection.unexpected(next, allowed ? "START or BYE" : "BYE");
            }
            next.tree(connection.peer());
            return next.type() == FrameType.START;
        } finally {
            next.release();
        }
    }

    private void takeOver(Manifest manifest, Answer answer, boolean zeroPages, HostRoom.Place place) throws Failure {
        InstalledReader installed = answering.installed();
        Machine machine = installed.machines().build(options.name(), manifest.abi(), installed.host(manifest));
        boolean ours = false;
        try (Operation operation = machine.begin(Operation.Kind.ARRIVAL, "from " + connection.peer(), Duration.ZERO)) {
            Messages.Finish finish = load(machine, manifest, answer, zeroPages);
            connection.receive(FrameType.COMMIT);
            if (!stage.compareAndSet(Stage.OPEN, Stage.COMMITTED)) {
                throw Failure.here(options.name(), "the receiver was closed before it could take the guest", "");
            }
            operation.arrive(finish.running());
            ours = true;
            run(machine, operation);
        } finally {
            if (ours) {
                place.close();
                try {
                    // Whatever may have gone wrong, there is somebody here who has to know of the guest.
                    options.arrived().accept(machine);
                } finally {
                    // Whoever hears of it at the source finds that it is known here.
                    tellRunning(machine);
                }
            } else {
                try {
                    connection.endPages();
                } finally {
                    machine.close();
                }
            }
        }
    }

    /** Takes everything over but the guest itself. */
    private Messages.Finish load(Machine machine, Manifest manifest, Answer answer, boolean zeroPages) throws Failure {
        var arrival = Arrival.of(connection.peer(), manifest, answer, machine, false);
        var pages = new PageReceiver(connection.peer(), machine.memory(), zeroPages);
        connection.placePages(pages);
        connection.send(FrameType.READY, Messages.EMPTY);
        Messages.Finish finish = receive(arrival);
        connection.endPages();
        pages.finish(finish.bulk());
        machine.attach();
        var digests = arrival.restore(connection.texts());
        machine.restored();
        requireLease(machine);
        connection.send(FrameType.LOADED, new Messages.Loaded(finish.bulk(), digests).encode());
        return finish;
    }

    /** A source that was told to go on may have the lease by now. */
    private static void requireLease(Machine machine) throws Failure {
        if (machine.fenced()) {
            throw Failure.here(machine.name(), machine.why(), "look at who keeps the leases");
        }
    }

    private Messages.Finish receive(Arrival arrival) throws Failure {
        long rounds = 0;
        boolean begun = false;
        while (true) {
            Frame frame = begun ? connection.receive(connection.timeouts().progress(), IDLE)
                : connection.receive(connection.timeouts().step());
            begun = true;
            try {
                switch (frame.type()) {
                    case PAGES -> {
                        if (frame.payload().isReadable()) {
                            throw Failure.here(connection.peer(), "sent pages before it was told that there is memory for them", "");
                        }
                    }
                    case ROUND -> {
                        var round = Messages.Round.decode(frame.tree(connection.peer()));
                        if (round.number() != ++rounds) {
                            throw Failure.here(connection.peer(), "has ended round " + round.number() + " instead of " + rounds,
                                "");
                        }
                        connection.send(FrameType.ROUND_DONE, round.encode());
                    }
                    case SECTION -> arrival.keep(Messages.Section.decode(frame.tree(connection.peer())));
                    case FINISH -> {
                        var finish = Messages.Finish.decode(frame.tree(connection.peer()));
                        arrival.complete(finish.sections());
                        return finish;
                    }
                    default -> throw connection.unexpected(frame, "PAGES, ROUND, SECTION or FINISH");
                }
            } finally {
                frame.release();
            }
        }
    }

    /** The guest is ours: whatever happens to the line or to this process, it is kept, and runs here if it can. */
    private void run(Machine machine, Operation operation) {
        tell(FrameType.TAKEN, () -> Messages.EMPTY);
        try {
            operation.release();
        } catch (RuntimeException | Error e) {
            LOG.error("{} has arrived but cannot be let run", machine.name(), e);
            machine.explain("it has arrived, but could not be let run: " + Reason.causeOf(e));
        }
    }

    private void tellRunning(Machine machine) {
        tell(FrameType.RUNNING, () -> {
            boolean runs = machine.phase() == Machine.Phase.RUNNING;
            return new Messages.Running(runs, machine.clock().wallTime()).encode();
        });
    }

    /** Tells the source something that it may well never hear. */
    private void tell(FrameType type, Supplier<byte[]> message) {
        try {
            connection.send(type, message.get());
        } catch (Failure | RuntimeException | Error e) {
            LOG.debug("cannot send {} to {}", type, connection.peer(), e);
        }
    }
}
