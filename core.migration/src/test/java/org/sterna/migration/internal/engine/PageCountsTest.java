package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.Machine;
import org.sterna.machine.cbor.Cbor;
import org.sterna.migration.MigrationOptions;
import org.sterna.migration.MigrationStatus;
import org.sterna.migration.MigrationStatus.Phase;
import org.sterna.migration.Receiver;
import org.sterna.migration.internal.engine.RewritingProxy.Rewriter;
import org.sterna.migration.internal.wire.FrameType;

/** Both sides compare what the other has counted of the pages (specification, sections 5.8 and 7.2). */
class PageCountsTest {
    /** Counts one more in one of the numbers of a message. */
    private static Rewriter counting(FrameType type, String name) {
        return new Rewriter() {
            @Override
            public List<byte[]> frame(RawFrame frame) {
                return List.of((frame.type() == type ? frame.with(Cbor.encode(more((Map<?, ?>) frame.tree(), name))) : frame).bytes());
            }
        };
    }

    private static Map<String, Object> more(Map<?, ?> tree, String name) {
        var other = new TreeMap<String, Object>();
        tree.forEach((key, value) -> other.put((String) key, key.equals("bulk") ? more((Map<?, ?>) value, name)
            : key.equals(name) ? (Long) value ^ 1 : value));
        return other;
    }

    @ParameterizedTest
    @ValueSource(strings = {"frames", "data-pages", "zero-pages", "checksum"})
    void theDestinationComparesThoseOfFinish(String name) throws Exception {
        String reason = failsWith(counting(FrameType.FINISH, name), Rewriter.NONE);
        assertTrue(reason.contains("the destination says: "), reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"frames", "data-pages", "zero-pages", "checksum"})
    void theSourceComparesThoseOfLoaded(String name) throws Exception {
        assertEquals("the destination has got other pages than were sent", failsWith(Rewriter.NONE, counting(FrameType.LOADED, name)));
    }

    /** The cause for which a migration fails; the guest goes on at the source. */
    private static String failsWith(Rewriter fromSource, Rewriter fromDestination) throws Exception {
        try (var hosts = new TwoHosts(); Receiver receiver = hosts.receive(TwoHosts.ANY_PORT);
                var proxy = new RewritingProxy(receiver.endpoint(), fromSource, fromDestination)) {
            FakeMachine source = hosts.source();
            MigrationStatus status = TwoHosts.end(hosts.newMigrations.migrate(source, proxy.endpoint(), MigrationOptions.DEFAULT));
            assertEquals(Phase.FAILED, status.phase(), status.toString());
            assertEquals(Machine.Phase.RUNNING, source.phase());
            hosts.failed();
            hosts.await(() -> hosts.oldHost.machines.isEmpty());
            return status.reasons().getFirst().cause();
        }
    }
}
