package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.sterna.testkit.VirtioDriver.*;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sterna.testkit.VirtioDriver;
import org.sterna.testkit.VirtqueueDriver;

/** Requests that are with the device when the driver resets it or stops its queue (sections 2.4 and 4.2.2.2). */
class ResetTest {
    private static final byte[] BYTES = "in flight".getBytes();
    private final EchoGuest guest = new EchoGuest(VERSION_1, 8);
    private final VirtioDriver driver = guest.driver;
    private VirtqueueDriver old;

    @BeforeEach
    void putARequestInFlight() {
        guest.put(BYTES);
        guest.bench().holdIo();
        old = guest.queue;
        old.add(guest.request(BYTES.length));
        old.kick();
        assertEquals(1, guest.bench().inFlight());
    }

    @AfterEach
    void close() {
        guest.close();
    }

    @Test
    void aResetIsAcknowledgedOnlyWhenNothingCanBeWrittenAnyMore() {
        driver.startReset();
        assertEquals(NEEDS_RESET, driver.read(STATUS));
        assertArrayEquals(new byte[BYTES.length], guest.target(BYTES.length));
        guest.bench().releaseIo();
        guest.bench().await("the reset", () -> driver.read(STATUS) == 0);
        // The buffer was written before the acknowledgement; the ring was not written at all.
        assertEquals(0, guest.bench().inFlight());
        assertArrayEquals(BYTES, guest.target(BYTES.length));
        assertEquals(0, old.usedIndex());
        assertFalse(guest.bench().interruptLevel());
        guest.setUp(EchoGuest.ALL, 8);
        guest.echo("after the reset");
    }

    @Test
    void aDriverThatDoesNotWaitIsServedOnceTheOldRequestsAreBack() {
        driver.startReset();
        driver.addStatus(ACKNOWLEDGE | DRIVER);
        driver.writeFeatures(VERSION_1);
        assertNotEquals(0, driver.addStatus(FEATURES_OK) & FEATURES_OK);
        VirtqueueDriver second = driver.queue(8);
        driver.ready();
        int head = second.add(guest.request(BYTES.length));
        second.kick();
        assertEquals(1, guest.bench().inFlight());
        guest.bench().releaseIo();
        guest.bench().await("the second driver's request", () -> second.usedIndex() == 1);
        assertEquals(new VirtqueueDriver.Used(head, BYTES.length), second.poll());
        assertEquals(0, old.usedIndex());
        assertEquals(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK, driver.read(STATUS));
    }

    @Test
    void aStoppedQueueReadsAsReadyUntilItsRequestsAreBack() {
        driver.write(QUEUE_SEL, 0);
        driver.write(QUEUE_READY, 0);
        assertEquals(1, driver.read(QUEUE_READY));
        guest.bench().releaseIo();
        guest.bench().await("the stop", () -> driver.read(QUEUE_READY) == 0);
        assertEquals(0, old.usedIndex());
        assertFalse(guest.bench().interruptLevel());
    }

    @Test
    void anotherQueueWorksWhileOneDrains() {
        guest.bench().releaseIo();
        old.await();
        VirtqueueDriver other = driver.queue(8);
        guest.bench().holdIo();
        old.add(guest.request(1));
        old.kick();
        driver.write(QUEUE_SEL, 0);
        driver.write(QUEUE_READY, 0);
        int head = other.add(guest.request(1));
        other.kick();
        assertEquals(new VirtqueueDriver.Used(head, 0), other.poll());
    }

    @Test
    void completionsAfterAFaultTouchNothing() {
        old.publish(9999);
        old.kick();
        assertEquals(NEEDS_RESET, driver.read(STATUS) & NEEDS_RESET);
        guest.bench().releaseIo();
        guest.bench().await("the completion", () -> guest.bench().inFlight() == 0);
        assertEquals(0, old.usedIndex());
        driver.reset();
        guest.setUp(VERSION_1, 8);
        guest.echo("recovered");
    }

    @Test
    void aResetOfTheMachineDropsRequestsToo() {
        guest.bench().serialized(() -> guest.bench().device().reset());
        guest.bench().releaseIo();
        guest.bench().await("the reset", () -> driver.read(STATUS) == 0);
        assertEquals(0, old.usedIndex());
        assertEquals(3, (int) guest.bench().call(d -> guest.device().resets()));
    }
}
