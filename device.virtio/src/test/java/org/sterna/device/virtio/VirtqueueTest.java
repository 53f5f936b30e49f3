package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.testkit.VirtioDriver.EVENT_IDX;
import static org.sterna.testkit.VirtioDriver.INDIRECT_DESC;
import static org.sterna.testkit.VirtioDriver.VERSION_1;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.testkit.VirtqueueDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** What a well-behaved driver sees of a split queue (section 2.7). */
class VirtqueueTest {
    @ParameterizedTest
    @ValueSource(longs = {VERSION_1, VERSION_1 | EVENT_IDX, VERSION_1 | INDIRECT_DESC, EchoGuest.ALL})
    void copiesManyRequestsRoundTheRing(long features) {
        try (var guest = new EchoGuest(features, 4)) {
            for (int i = 0; i < 40; i++) {
                guest.echo("request " + i);
            }
            assertEquals(40, guest.queue.usedIndex());
        }
    }

    @Test
    void theRingIndexWrapsAt65536() {
        try (var guest = new EchoGuest(EchoGuest.ALL, 2)) {
            VirtqueueDriver quick = guest.driver.queue(64);
            for (int i = 0; i < 66_000; i++) {
                int head = quick.add(guest.request(1));
                quick.kick();
                assertEquals(new VirtqueueDriver.Used(head, 0), quick.poll());
            }
            assertEquals(66_000 - 65_536, quick.usedIndex());
        }
    }

    @Test
    void aChainMayBeCutAnywhere() {
        try (var guest = new EchoGuest(VERSION_1, 64)) {
            byte[] bytes = "a chain of many descriptors".getBytes();
            guest.put(bytes);
            var buffers = new ArrayList<Buffer>();
            for (int i = 0; i < bytes.length; i++) {
                buffers.add(Buffer.readable(guest.from() + i, 1));
            }
            buffers.add(Buffer.writable(guest.to(), 3));
            buffers.add(Buffer.writable(guest.to() + 3, bytes.length - 3));
            int head = guest.queue.add(buffers);
            guest.queue.kick();
            guest.checkEcho(head, bytes);
        }
    }

    @Test
    void anIndirectTableMayStandAloneOrEndAChain() {
        try (var guest = new EchoGuest(VERSION_1 | INDIRECT_DESC, 8)) {
            byte[] bytes = "indirect".getBytes();
            long table = guest.driver.allocate(64, 8);
            guest.put(bytes);
            int head = guest.queue.addIndirect(table, guest.request(bytes.length));
            guest.queue.kick();
            guest.checkEcho(head, bytes);

            // The descriptors of the chain are the free ones that the driver would take next.
            guest.put(bytes);
            head = guest.queue.add(List.of(Buffer.readable(guest.from(), 3), Buffer.readable(table, 16)));
            guest.queue.describe(table, 0, guest.from() + 3, bytes.length - 3, VirtqueueDriver.NEXT, 1);
            guest.queue.describe(table, 1, guest.to(), bytes.length, VirtqueueDriver.WRITE, 0);
            int second = guest.bench().memory().getShort(guest.queue.descriptors() + 16L * head + 14);
            guest.queue.describe(guest.queue.descriptors(), second, table, 32, VirtqueueDriver.INDIRECT, 0);
            guest.queue.kick();
            guest.checkEcho(head, bytes);
        }
    }

    @Test
    void writesAreInTheDirtyLog() {
        try (var guest = new EchoGuest(EchoGuest.ALL, 8); var reader = guest.bench().memory().dirtyLog().open()) {
            byte[] bytes = "dirty".getBytes();
            int head = guest.queue.add(guest.request(bytes.length));
            reader.harvest(new BitSet());
            guest.queue.kick();
            guest.checkEcho(head, new byte[bytes.length]);
            var pages = new BitSet();
            reader.harvest(pages);
            assertTrue(pages.get((int) (guest.to() - guest.bench().memory().base() >> 12)));
            assertTrue(pages.get((int) (guest.queue.used() - guest.bench().memory().base() >> 12)));
            assertFalse(pages.get((int) (guest.from() - guest.bench().memory().base() >> 12)));
        }
    }

    @Test
    void everyUsedBufferInterruptsUnlessTheDriverWantsNone() {
        try (var guest = new EchoGuest(VERSION_1, 8)) {
            guest.echo("one");
            assertTrue(guest.bench().interruptLevel());
            assertEquals(1, guest.driver.takeInterrupt());
            assertFalse(guest.bench().interruptLevel());
            guest.queue.wantNoInterrupts();
            guest.echo("two");
            assertFalse(guest.bench().interruptLevel());
        }
    }

    @Test
    void eventIndexInterruptsAtTheWantedIndexOnly() {
        try (var guest = new EchoGuest(VERSION_1 | EVENT_IDX, 8)) {
            guest.queue.wantInterruptAfter(3);
            guest.echo("one");
            guest.echo("two");
            assertFalse(guest.bench().interruptLevel());
            guest.echo("three");
            assertTrue(guest.bench().interruptLevel());
            guest.driver.takeInterrupt();
            guest.echo("four");
            assertFalse(guest.bench().interruptLevel());
        }
    }

    @Test
    void eventIndexSparesNotificationsWhileTheDeviceHasWork() {
        try (var guest = new EchoGuest(VERSION_1 | EVENT_IDX, 8)) {
            guest.queue.add(guest.request(1));
            assertTrue(guest.queue.kick());
            guest.queue.await();
            guest.queue.add(guest.request(2));
            guest.queue.add(guest.request(3));
            assertTrue(guest.queue.kick());
            assertEquals(5, guest.queue.await().written() + guest.queue.await().written());
        }
    }

    @Test
    void nothingIsTakenBeforeTheDriverIsReady() {
        try (var guest = new EchoGuest(VERSION_1, 8)) {
            guest.driver.negotiate(VERSION_1);
            guest.use(guest.driver.queue(8));
            byte[] bytes = "early".getBytes();
            guest.put(bytes);
            int head = guest.queue.add(guest.request(bytes.length));
            guest.queue.kick();
            assertEquals(0, guest.bench().inFlight());
            assertEquals(0, guest.queue.usedIndex());
            guest.driver.ready();
            guest.checkEcho(head, bytes);
        }
    }

    @Test
    void aQueueCannotBeEnabledBeforeTheFeaturesAreSettled() {
        try (var guest = new EchoGuest(VERSION_1, 8)) {
            guest.driver.reset();
            VirtqueueDriver queue = guest.driver.queue(8);
            assertEquals(0, guest.driver.read(org.sterna.testkit.VirtioDriver.QUEUE_READY));
            assertEquals(0, guest.status());
            assertEquals(0, queue.usedIndex());
        }
    }

    @Test
    void buffersAreSlicedAcrossRanges() {
        try (var guest = new EchoGuest(VERSION_1, 8)) {
            var memory = guest.bench().memory();
            var buffers = new GuestBuffers(List.of(new GuestRange(guest.from(), 3),
                new GuestRange(guest.from() + 10, 5), new GuestRange(guest.from() + 100, 2)));
            assertEquals(10, buffers.length());
            buffers.write(memory, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
            assertArrayEquals(new byte[] {3, 4, 5}, buffers.slice(2, 3).read(memory));
            assertArrayEquals(new byte[] {9, 10}, buffers.slice(8, 2).read(memory));
            assertEquals(List.of(), buffers.slice(10, 0).ranges());
            assertEquals(0, memory.getByte(guest.from() + 3));
            buffers.slice(2, 2).clear(memory);
            assertArrayEquals(new byte[] {1, 2, 0, 0, 5, 6, 7, 8, 9, 10}, buffers.read(memory));
        }
    }
}
