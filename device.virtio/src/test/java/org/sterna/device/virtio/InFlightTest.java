package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.testkit.VirtioDriver.RING_PACKED;
import static org.sterna.testkit.VirtioDriver.VERSION_1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.testkit.QueueDriver;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** While too much is in flight in a device, chains stay in its queues. */
class InFlightTest {
    private static final int SIZE = 16;
    /** What the test's requests count: two buffers of 1000 bytes, and what the host keeps of two buffers and a chain. */
    private static final long COST = 2000 + 2 * 128 + 1024;
    private EchoGuest guest;

    private void start(long features, long limit) {
        guest = new EchoGuest(features, SIZE);
        guest.bench().limitHostMemory(limit);
        guest.bench().holdIo();
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private void add(int count) {
        for (int i = 0; i < count; i++) {
            guest.ring.add(guest.request(1000));
        }
        guest.ring.kick();
    }

    @ParameterizedTest
    @ValueSource(longs = {VERSION_1, VERSION_1 | VirtioDriver.EVENT_IDX, VERSION_1 | RING_PACKED,
        VERSION_1 | RING_PACKED | VirtioDriver.EVENT_IDX})
    void noMoreIsTakenThanFitsTheAccountAndAllOfItIsServedInTheEnd(long features) {
        start(features, 3 * COST);
        add(8);
        assertEquals(3, guest.bench().inFlight());
        assertEquals(3 * COST, guest.bench().hostMemory().used());
        guest.bench().releaseIo();
        for (int i = 0; i < 8; i++) {
            assertEquals(1000, guest.ring.await().written());
        }
        assertEquals(0, guest.bench().hostMemory().used());
        guest.echo("and it goes on");
    }

    @Test
    void aRequestThatIsLargerThanTheLimitIsServedAlone() {
        start(VERSION_1, 100);
        add(4);
        assertEquals(1, guest.bench().inFlight());
        assertEquals(100, guest.bench().hostMemory().used());
        guest.bench().releaseIo();
        for (int i = 0; i < 4; i++) {
            assertEquals(1000, guest.ring.await().written());
        }
        assertEquals(0, guest.bench().hostMemory().used());
    }

    @Test
    void noQueueWaitsForTheRequestsOfAnother() {
        start(VERSION_1, COST);
        add(4);
        QueueDriver other = guest.driver.queue(SIZE);
        int head = other.add(guest.request(1));
        other.kick();
        assertEquals(new VirtqueueDriver.Used(head, 0), other.poll());
        assertEquals(1, guest.bench().inFlight());
    }

    @Test
    void whatIsAnnouncedAsWorkCountsUntilTheChainIsBack() {
        start(VERSION_1, 100 * COST);
        guest.device().keepNext();
        add(1);
        DescriptorChain chain = guest.device().kept();
        assertThrows(IllegalArgumentException.class, () -> chain.addWork(-1));
        guest.bench().serialized(() -> chain.addWork(InFlight.MOST_WORK - 1));
        add(2);
        assertEquals(2, guest.bench().inFlight());
        // No chain counts more than all that may be under way.
        guest.bench().serialized(() -> chain.addWork(Long.MAX_VALUE));
        add(4);
        assertEquals(2, guest.bench().inFlight());
        assertEquals(3 * COST, guest.bench().hostMemory().used(), "work is no memory");
        guest.bench().serialized(() -> chain.complete(0));
        assertThrows(IllegalStateException.class, () -> chain.addWork(1));
        guest.bench().await("the others", () -> guest.bench().inFlight() == 6);
        guest.bench().releaseIo();
        for (int i = 0; i < 7; i++) {
            guest.ring.await();
        }
        assertEquals(0, guest.bench().hostMemory().used());
    }

    @Test
    void whileTheMachineStopsNothingMoreIsTakenAndTheDestinationServesTheRest() throws Exception {
        start(VERSION_1, COST);
        add(8);
        // The first step of a pause.
        guest.bench().clock().stop();
        guest.bench().releaseIo();
        guest.bench().await("the request in flight", () -> guest.bench().inFlight() == 0);
        assertEquals(1, guest.queue.usedIndex());
        guest.migrate();
        for (int i = 0; i < 8; i++) {
            assertEquals(1000, guest.ring.await().written());
        }
    }

    @Test
    void aResetForgetsWhatIsWaiting() {
        start(VERSION_1, COST);
        add(8);
        guest.driver.startReset();
        guest.bench().releaseIo();
        guest.driver.reset();
        assertEquals(0, guest.bench().hostMemory().used());
        guest.setUp(EchoGuest.ALL, SIZE);
        guest.echo("after the reset");
    }

    @Test
    void rangesThatOverlapAreClearedOnce() {
        guest = new EchoGuest(VERSION_1, SIZE);
        long at = guest.from();
        var ranges = new ArrayList<>(List.of(new GuestRange(at + 100, 50), new GuestRange(at, 10), new GuestRange(at + 5, 20),
            new GuestRange(at + 110, 5), new GuestRange(at + 25, 1), new GuestRange(at + 140, 20)));
        for (int i = 0; i < 1000; i++) {
            ranges.add(new GuestRange(at, 4096));
        }
        assertEquals(List.of(new GuestRange(at, 4096)), new GuestBuffers(ranges).union());
        var few = new GuestBuffers(ranges.subList(0, 6));
        assertEquals(List.of(new GuestRange(at, 26), new GuestRange(at + 100, 60)), few.union());
        var before = new byte[4096];
        Arrays.fill(before, (byte) 1);
        guest.bench().memory().put(at, before, 0, before.length);
        few.clear(guest.bench().memory());
        for (int i = 0; i < 4096; i++) {
            boolean cleared = i < 26 || i >= 100 && i < 160;
            assertEquals(cleared ? 0 : 1, guest.bench().memory().getByte(at + i), "byte " + i);
        }
        assertTrue(new GuestBuffers(List.of()).union().isEmpty());
    }
}
