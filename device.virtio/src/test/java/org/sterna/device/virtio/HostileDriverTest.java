package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.testkit.VirtioDriver.*;
import static org.sterna.testkit.VirtqueueDriver.INDIRECT;
import static org.sterna.testkit.VirtqueueDriver.NEXT;
import static org.sterna.testkit.VirtqueueDriver.WRITE;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** Each mistake a driver can make with a queue stops the device, with an interrupt, until it is reset; and no more. */
class HostileDriverTest {
    private static final int SIZE = 8;
    private final EchoGuest guest = new EchoGuest(EchoGuest.ALL, SIZE);

    @AfterEach
    void close() {
        guest.close();
    }

    static Stream<Named<Consumer<EchoGuest>>> mistakes() {
        long end = DeviceBench.MEMORY_BASE + (16 << 20);
        return Stream.of(
            mistake("a loop of one", g -> chain(g, 0, g.from(), 1, NEXT, 0)),
            mistake("a loop of two", g -> {
                describe(g, 1, g.from(), 1, NEXT, 0);
                chain(g, 0, g.from(), 1, NEXT, 1);
            }),
            mistake("a loop in an indirect table", g -> {
                g.queue.describe(g.to(), 0, g.from(), 1, NEXT, 0);
                chain(g, 0, g.to(), 16, INDIRECT, 0);
            }),
            mistake("a head out of range", g -> g.queue.publish(SIZE)),
            mistake("next out of range", g -> chain(g, 0, g.from(), 1, NEXT, SIZE)),
            mistake("next out of an indirect table", g -> {
                g.queue.describe(g.to(), 0, g.from(), 1, NEXT, 1);
                chain(g, 0, g.to(), 16, INDIRECT, 0);
            }),
            mistake("a buffer below memory", g -> chain(g, 0, 0, 1, 0, 0)),
            mistake("a buffer across the end", g -> chain(g, 0, end - 1, 2, WRITE, 0)),
            mistake("a buffer that wraps", g -> chain(g, 0, -1, 16, WRITE, 0)),
            mistake("a buffer of 4 GiB", g -> chain(g, 0, g.from(), -1, 0, 0)),
            mistake("an empty buffer", g -> chain(g, 0, g.from(), 0, 0, 0)),
            mistake("an indirect table out of memory", g -> chain(g, 0, end - 16, 32, INDIRECT, 0)),
            mistake("an empty indirect table", g -> chain(g, 0, g.to(), 0, INDIRECT, 0)),
            mistake("a piece of an indirect table", g -> chain(g, 0, g.to(), 24, INDIRECT, 0)),
            mistake("an indirect table with a next", g -> chain(g, 0, g.to(), 16, INDIRECT | NEXT, 1)),
            mistake("a nested indirect table", g -> {
                g.queue.describe(g.to(), 0, g.to() + 64, 16, INDIRECT, 0);
                g.queue.describe(g.to(), 4, g.from(), 1, 0, 0);
                chain(g, 0, g.to(), 16, INDIRECT, 0);
            }),
            mistake("a writable before a readable", g -> g.queue.add(
                List.of(Buffer.writable(g.to(), 1), Buffer.readable(g.from(), 1)))),
            mistake("an index that jumps", g -> putIndex(g, SIZE + 1)),
            mistake("an index that goes back", g -> putIndex(g, -1)),
            mistake("a request that the device rejects", g -> g.queue.add(
                List.of(Buffer.writable(DeviceBench.MEMORY_BASE, 2 << 20)))));
    }

    private static Named<Consumer<EchoGuest>> mistake(String name, Consumer<EchoGuest> action) {
        return Named.of(name, action);
    }

    private static void putIndex(EchoGuest guest, int index) {
        guest.bench().memory().putShort(guest.queue.available() + 2, (short) index);
    }

    private static void describe(EchoGuest guest, int entry, long address, int length, int flags, int next) {
        guest.queue.describe(guest.queue.descriptors(), entry, address, length, flags, next);
    }

    private static void chain(EchoGuest guest, int head, long address, int length, int flags, int next) {
        describe(guest, head, address, length, flags, next);
        guest.queue.publish(head);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void stopTheDeviceUntilItIsReset(Consumer<EchoGuest> mistake) {
        guest.echo("before");
        guest.driver.takeInterrupt();
        guest.setUp(EchoGuest.ALL, SIZE);
        mistake.accept(guest);
        guest.driver.write(QUEUE_NOTIFY, 0);

        assertNotEquals(0, guest.status() & NEEDS_RESET);
        assertNotEquals("", guest.fault());
        assertTrue(guest.bench().interruptLevel());
        assertEquals(EchoGuest.CONFIG_CHANGE, guest.driver.takeInterrupt());
        assertEquals(0, guest.queue.usedIndex());
        assertEquals(0, guest.bench().inFlight());
        guest.driver.write(QUEUE_NOTIFY, 0);
        assertEquals(0, guest.queue.usedIndex());

        guest.setUp(EchoGuest.ALL, SIZE);
        assertEquals("", guest.fault());
        guest.echo("after");
    }

    @Test
    void anIndirectTableNeedsTheFeature() {
        guest.setUp(VERSION_1, SIZE);
        guest.queue.addIndirect(guest.driver.allocate(64, 8), guest.request(1));
        guest.queue.kick();
        assertNotEquals(0, guest.status() & NEEDS_RESET);
    }

    @Test
    void moreThanTheWholeQueueCannotBeWithTheDevice() {
        guest.bench().holdIo();
        for (int i = 0; i < SIZE; i++) {
            chain(guest, 0, guest.to(), 1, WRITE, 0);
        }
        guest.queue.kick();
        assertEquals(SIZE, guest.bench().inFlight());
        assertEquals(0, guest.status() & NEEDS_RESET);
        chain(guest, 0, guest.to(), 1, WRITE, 0);
        guest.queue.kick();
        assertEquals(SIZE, guest.bench().inFlight());
        assertNotEquals(0, guest.status() & NEEDS_RESET);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 2 * EchoFactory.QUEUE_SIZE, 0x1_0000, Integer.MIN_VALUE, -1})
    void aQueueOfAnImpossibleSizeIsNotEnabled(int size) {
        VirtioDriver driver = guest.driver.negotiate(VERSION_1);
        driver.queue(SIZE);
        driver.write(QUEUE_READY, 0);
        driver.write(QUEUE_SIZE, size);
        driver.write(QUEUE_READY, 1);
        assertEquals(0, driver.read(QUEUE_READY));
        assertNotEquals(0, driver.read(STATUS) & NEEDS_RESET);
    }

    @ParameterizedTest
    @ValueSource(ints = {QUEUE_DESC, QUEUE_DRIVER, QUEUE_DEVICE})
    void aQueueThatIsUnalignedOrNotInMemoryIsNotEnabled(int register) {
        long end = DeviceBench.MEMORY_BASE + (16 << 20);
        for (long address : new long[] {0, 1, DeviceBench.MEMORY_BASE + 1, end - 16, -16, Long.MIN_VALUE}) {
            VirtioDriver driver = guest.driver.negotiate(VERSION_1);
            driver.queue(SIZE);
            driver.write(QUEUE_READY, 0);
            driver.writePair(register, address);
            driver.write(QUEUE_READY, 1);
            assertEquals(0, driver.read(QUEUE_READY));
            assertNotEquals(0, driver.read(STATUS) & NEEDS_RESET);
        }
    }

    @Test
    void anEnabledQueueCannotBeMoved() {
        for (int register : new int[] {QUEUE_SIZE, QUEUE_DESC, QUEUE_DESC + 4, QUEUE_DRIVER, QUEUE_DEVICE}) {
            guest.driver.write(QUEUE_SEL, 0);
            guest.driver.write(register, 0);
        }
        guest.echo("still there");
    }

    @Test
    void aQueueThatIsNotEnabledIsNotServed() {
        guest.driver.write(QUEUE_NOTIFY, 1);
        guest.driver.write(QUEUE_NOTIFY, 2);
        guest.driver.write(QUEUE_NOTIFY, -1);
        assertEquals(0, guest.status() & NEEDS_RESET);
        guest.echo("unharmed");
    }

    @Test
    void theDriverMayRewriteADescriptorWhileTheDeviceWorksOnIt() {
        guest.bench().holdIo();
        byte[] bytes = "as it was".getBytes();
        guest.put(bytes);
        int head = guest.queue.add(guest.request(bytes.length));
        guest.queue.kick();
        for (int entry = 0; entry < SIZE; entry++) {
            describe(guest, entry, -1, -1, -1, -1);
        }
        guest.bench().releaseIo();
        guest.checkEcho(head, bytes);
    }
}
