package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.sterna.testkit.VirtioDriver.QUEUE_DEVICE;
import static org.sterna.testkit.VirtioDriver.QUEUE_NOTIFY;
import static org.sterna.testkit.VirtioDriver.QUEUE_READY;
import static org.sterna.testkit.VirtioDriver.VERSION_1;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.testkit.VirtqueueDriver;

/**
 * A driver that lays the used ring over the available ring: with each chain that comes back it makes another one available, and so
 * never has none.
 */
class ServingTurnsTest {
    private static final int SIZE = 16;
    private final EchoGuest guest = new EchoGuest(VERSION_1, SIZE);
    private VirtqueueDriver endless;

    @AfterEach
    void close() {
        guest.close();
    }

    /** Chain 1 stays with the device for a while; chain 0 comes back at once, and is then the next available one, again and again. */
    private void makeEndless() {
        endless = guest.driver.queue(SIZE);
        guest.driver.write(QUEUE_READY, 0);
        guest.driver.writePair(QUEUE_DEVICE, endless.available());
        guest.driver.write(QUEUE_READY, 1);
        guest.bench().holdIo();
        endless.describe(endless.descriptors(), 0, guest.from(), 1, 0, 0);
        endless.describe(endless.descriptors(), 1, guest.to(), 1, VirtqueueDriver.WRITE, 0);
        endless.publish(1);
        endless.publish(0);
    }

    private int given() {
        return memory().getShort(endless.available() + 2) & 0xffff;
    }

    private GuestMemory memory() {
        return guest.bench().memory();
    }

    @Test
    void aNotificationIsServedForNoMoreChainsThanTheQueueHasEntries() {
        makeEndless();
        int given = assertTimeoutPreemptively(Duration.ofMinutes(1), () -> guest.bench().call(device -> {
            device.write(QUEUE_NOTIFY, 4, 1);
            return given();
        }));
        assertEquals(SIZE - 1, given, "all but the chain that stays with the device");
    }

    @Test
    void whatIsLeftIsServedLaterAndTheOtherQueueIsNotHeldUp() {
        makeEndless();
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> guest.driver.write(QUEUE_NOTIFY, 1));
        guest.bench().await("more turns", () -> given() > 10 * SIZE);
        guest.bench().releaseIo();
        guest.echo("not held up");
    }

    @Test
    void theMachineCanBePausedAndGoesOn() {
        makeEndless();
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> guest.driver.write(QUEUE_NOTIFY, 1));
        guest.bench().releaseIo();
        guest.bench().pause();
        int atPause = given();
        byte[] state = guest.bench().save();
        assertEquals(atPause, given());
        assertTrue(state.length > 0);
        guest.bench().start();
        // The chain that stayed with the device is back, so used and available ring are in step now and there is nothing more to serve.
        guest.bench().await("the last chain", () -> guest.bench().inFlight() == 0);
        guest.echo("goes on");
    }
}
