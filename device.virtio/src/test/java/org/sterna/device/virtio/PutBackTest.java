package org.sterna.device.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.sterna.testkit.VirtioDriver.EVENT_IDX;
import static org.sterna.testkit.VirtioDriver.INDIRECT_DESC;
import static org.sterna.testkit.VirtioDriver.RING_PACKED;
import static org.sterna.testkit.VirtioDriver.VERSION_1;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.testkit.VirtqueueDriver.Buffer;

/** Requests that a device puts back are taken again, each once, by whoever has the device then. */
class PutBackTest {
    private static final long PACKED = VERSION_1 | RING_PACKED;

    private static EchoGuest guest(long features, int size) {
        return new EchoGuest(Map.of("ring-packed", "on"), features, size);
    }

    /** Some descriptors each, in the ring or in a table of its own. */
    private static int add(EchoGuest guest, int number, boolean indirect) {
        var buffers = new ArrayList<Buffer>();
        for (int i = 0; i <= number % 3; i++) {
            buffers.add(Buffer.readable(guest.from() + 2 * i, 1));
        }
        buffers.add(Buffer.writable(guest.to() + 8L * number, number % 3 + 1));
        return indirect ? guest.ring.addIndirect(guest.driver.allocate(64, 16), buffers) : guest.ring.add(buffers);
    }

    private static void complete(EchoGuest guest, TreeSet<Integer> waiting, int count) {
        for (int i = 0; i < count; i++) {
            int head = guest.ring.await().head();
            assertEquals(true, waiting.remove(head), head + " came back and was not expected; " + waiting);
        }
    }

    @Property(tries = 150)
    void eachRequestIsAnsweredOnce(@ForAll @Size(max = 8) List<@Size(min = 1, max = 6) List<@IntRange(max = 5) Integer>> rounds,
            @ForAll boolean packed, @ForAll boolean eventIndex, @ForAll boolean migrates) throws Exception {
        long features = (packed ? PACKED : VERSION_1) | INDIRECT_DESC | (eventIndex ? EVENT_IDX : 0);
        // Not a power of two, and little more than what is in flight, so that all goes round the ring soon.
        try (var guest = guest(features, packed ? 29 : 32)) {
            for (List<Integer> round : rounds) {
                var waiting = new TreeSet<Integer>();
                guest.bench().serialized(() -> guest.device().putAside(number -> number < round.size() && round.get(number) < 3));
                for (int i = 0; i < round.size(); i++) {
                    waiting.add(add(guest, i, round.get(i) % 2 == 0));
                }
                guest.ring.kick();
                int kept = (int) round.stream().filter(choice -> choice < 3).count();
                complete(guest, waiting, round.size() - kept);
                assertNull(guest.ring.poll());
                guest.bench().pause();
                var state = guest.bench().call(d -> guest.device().transport().state()).queues().getFirst();
                if (!packed) {
                    assertEquals(state.nextUsed(), state.nextAvailable(), "an older version must not see that anything was taken");
                }
                guest.bench().serialized(() -> guest.device().putAside(number -> false));
                if (migrates) {
                    guest.migrate();
                } else {
                    guest.bench().start();
                }
                complete(guest, waiting, kept);
                assertNull(guest.ring.poll());
                assertEquals("", guest.fault());
            }
            guest.echo("and on");
        }
    }

    /** What came back first is not what was taken first, so entries of the ring have been written over. */
    @ParameterizedTest
    @ValueSource(longs = {VERSION_1, PACKED})
    void theyAreTakenAgainInTheirOrder(long features) {
        try (var guest = guest(features, 16)) {
            guest.bench().serialized(() -> guest.device().putAside(number -> number != 1 && number != 3));
            var heads = new ArrayList<Integer>();
            for (int i = 0; i < 5; i++) {
                heads.add(add(guest, i, false));
            }
            guest.ring.kick();
            complete(guest, new TreeSet<>(heads), 2);
            guest.bench().pause();
            guest.bench().holdIo();
            var order = new ArrayList<Integer>();
            guest.bench().serialized(() -> guest.device().putAside(number -> {
                order.add(number);
                return true;
            }));
            guest.bench().start();
            assertEquals(List.of(0, 1, 2), order);
            assertEquals(List.of(heads.get(0), heads.get(2), heads.get(4)),
                guest.bench().call(d -> guest.device().putAside().stream().map(DescriptorChain::id).toList()));
            guest.bench().pause();
            guest.bench().serialized(() -> guest.device().putAside(number -> false));
            guest.bench().releaseIo();
            guest.bench().start();
            complete(guest, new TreeSet<>(heads), 3);
        }
    }

    @Test
    void oneThatIsPutBackCannotBeCompletedToo() {
        try (var guest = guest(VERSION_1, 16)) {
            guest.bench().serialized(() -> guest.device().putAside(number -> true));
            add(guest, 0, false);
            guest.ring.kick();
            DescriptorChain chain = guest.bench().call(d -> guest.device().putAside().getFirst());
            guest.bench().pause();
            guest.bench().serialized(() -> assertThrows(IllegalStateException.class, () -> chain.complete(0)));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {VERSION_1, PACKED})
    void aResetInBetweenForgetsThem(long features) {
        try (var guest = guest(features, 16)) {
            guest.bench().serialized(() -> guest.device().putAside(number -> true));
            add(guest, 0, false);
            guest.ring.kick();
            guest.driver.write(org.sterna.testkit.VirtioDriver.STATUS, 0);
            guest.bench().pause();
            guest.bench().serialized(() -> guest.device().putAside(number -> false));
            guest.bench().start();
            assertEquals(0, guest.status(), "the reset is complete");
            guest.setUp(features, 16);
            guest.echo("anew");
        }
    }
}
