package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.internal.transport.Timeouts;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Limits;

/** What a receiver does with peers that take its time: nobody keeps it from the others, and everybody is told. */
class ConversationsTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(300);

    private final List<RawSource> sources = new ArrayList<>();
    private TwoHosts hosts;

    /** A receiver with times of its own. */
    private Receiver receive(Duration handshake, Duration silence, Duration progress) {
        hosts = new TwoHosts(new Timeouts(handshake, silence, Duration.ofMillis(100), LONG, LONG, progress));
        return hosts.receive(TwoHosts.ANY_PORT);
    }

    @AfterEach
    void close() throws Exception {
        for (RawSource source : sources) {
            source.close();
        }
        hosts.close();
    }

    private RawSource keep(RawSource source) {
        sources.add(source);
        return source;
    }

    private String causeOfError(RawSource source) throws Exception {
        return source.reasons().getFirst().cause();
    }

    @Test
    void oneConversationTooManyIsToldSo() throws Exception {
        Receiver receiver = receive(LONG, LONG, LONG);
        for (int i = 0; i < Limits.CONVERSATIONS; i++) {
            keep(RawSource.greeted(receiver.endpoint()));
        }
        FakeMachine machine = hosts.source();
        var refused = assertThrows(MachineException.class,
            () -> hosts.newMigrations.check(machine, receiver.endpoint(), MigrationOptions.DEFAULT));
        assertEquals(List.of(Reason.of("arrival", "the destination says: too many conversations at once", "try again later")), refused.reasons());
        sources.removeFirst().close();
        hosts.await(() -> !hosts.failed.isEmpty());
        assertEquals(Outcome.OK_IF,
            hosts.newMigrations.check(machine, receiver.endpoint(), MigrationOptions.DEFAULT).outcome());
    }

    @Test
    void peersThatOnlyGiveSignsOfLifeMakeRoomForOthers() throws Exception {
        Receiver receiver = receive(SHORT, LONG, LONG);
        for (int i = 0; i < Limits.CONVERSATIONS; i++) {
            keep(RawSource.greeted(receiver.endpoint())).keepAlive(50);
        }
        FakeMachine machine = hosts.source();
        hosts.await(() -> {
            try {
                return hosts.newMigrations.check(machine, receiver.endpoint(), MigrationOptions.DEFAULT).allowed();
            } catch (MachineException tooMany) {
                return false;
            }
        });
        assertTrue(causeOfError(sources.getFirst()).startsWith("gives way to another conversation"));
    }

    /** A process may have room for fewer descriptors than there could be conversations. */
    @Test
    void aPeerThatOnlyGivesSignsOfLifeMakesRoomForOneWhoCannotBeAccepted() throws Exception {
        Receiver receiver = receive(SHORT, LONG, LONG);
        RawSource idle = keep(RawSource.greeted(receiver.endpoint()));
        idle.keepAlive(50);
        var told = new CompletableFuture<String>();
        Thread.ofVirtual().start(() -> {
            try {
                told.complete(causeOfError(idle));
            } catch (Exception e) {
                told.completeExceptionally(e);
            }
        });
        hosts.await(() -> {
            ((Listening) receiver).makeRoomIfPossible();
            return told.isDone();
        });
        assertEquals("gives way to another conversation, since it has said nothing for a while", told.get());
    }

    @Test
    void aSourceThatOnlyGivesSignsOfLifeLosesItsPlace() throws Exception {
        Receiver receiver = receive(LONG, LONG, Duration.ofSeconds(2));
        FakeMachine machine = hosts.source();
        RawSource idle = keep(RawSource.started(receiver.endpoint(), machine));
        idle.send(FrameType.ROUND, Cbor.encode(Map.of("round", 1L)));
        idle.keepAlive(20);
        assertEquals("has sent nothing of the machine for too long, but signs of life only", causeOfError(idle));
        assertTrue(hosts.failed().cause().startsWith("has sent nothing of the machine"));
        assertEquals(Phase.COMPLETED, TwoHosts.end(hosts.migrate(machine, receiver)).phase());
    }

    @Test
    void aPeerThatFallsSilentIsToldSo() throws Exception {
        Receiver receiver = receive(LONG, SHORT, LONG);
        assertEquals("has given no sign of life for 300 ms", causeOfError(keep(RawSource.greeted(receiver.endpoint()))));
        assertEquals("has given no sign of life for 300 ms",
            causeOfError(keep(RawSource.started(receiver.endpoint(), hosts.source()))));
    }

    @Test
    void aPreambleAndAHelloMayComeSlowly() throws Exception {
        var handshake = Duration.ofSeconds(2);
        Receiver receiver = receive(handshake, LONG, LONG);
        // The first conversation of a process takes long by itself.
        keep(RawSource.greeted(receiver.endpoint()));
        byte[] hello = new RawFrame(FrameType.HELLO.code(), FrameType.HELLO.flags(), Capabilities.OURS.encode()).bytes();
        RawSource slow = keep(new RawSource(receiver.endpoint()));
        assertTrue(drip(slow, RawSource.preamble(), 8) > handshake.toNanos());
        assertTrue(drip(slow, hello, hello.length / 7) > handshake.toNanos());
        slow.keepAlive(50);
        slow.await(FrameType.HELLO);
        slow.send(FrameType.MANIFEST, new byte[] {1});
        assertTrue(causeOfError(slow).startsWith("sent a malformed"), "the conversation went on");
    }

    /** Sends bytes a few at a time, and says how long that took. */
    private static long drip(RawSource source, byte[] bytes, int few) throws Exception {
        long start = System.nanoTime();
        for (int at = 0; at < bytes.length; at += few) {
            source.write(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + few)));
            Thread.sleep(300);
        }
        return System.nanoTime() - start;
    }

    @Test
    void aPeerWhoseHelloDoesNotComeIsNotCalledAStranger() throws Exception {
        Receiver receiver = receive(SHORT, LONG, LONG);
        RawSource silent = keep(new RawSource(receiver.endpoint()));
        silent.write(RawSource.preamble());
        assertEquals("has not sent its HELLO for 300 ms after its preamble", causeOfError(silent));
        RawSource mute = keep(new RawSource(receiver.endpoint()));
        assertEquals("has not said anything for 300 ms after it accepted the connection", causeOfError(mute));
    }
}
