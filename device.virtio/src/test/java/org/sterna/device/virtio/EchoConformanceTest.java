package org.sterna.device.virtio;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.sterna.testkit.QueueDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;
import org.sterna.testkit.conformance.Conformance;
import org.sterna.testkit.conformance.DeviceConformance;
import org.sterna.testkit.conformance.ScriptedGuest;

/** What every device must keep to, with each layout of registers and queues. */
class EchoConformanceTest {
    private static Conformance conformanceWith(String property, String value) {
        return Conformance.of(new EchoFactory(), EchoConformanceTest::script).with(() -> Map.of(property, value));
    }

    private static void script(ScriptedGuest guest) {
        guest.driver().negotiate(-1L);
        QueueDriver queue = guest.driver().negotiatedQueue(8);
        guest.driver().ready();
        long from = guest.driver().allocate(256, 8);
        long to = guest.driver().allocate(256, 8);
        long table = guest.driver().allocate(64, 16);
        for (int i = 0; i < 12; i++) {
            var bytes = new byte[1 + guest.random().nextInt(256)];
            guest.random().nextBytes(bytes);
            guest.bench().memory().put(from, bytes, 0, bytes.length);
            var buffers = List.of(Buffer.readable(from, bytes.length), Buffer.writable(to, 256));
            int head = i % 3 == 0 ? queue.addIndirect(table, buffers) : queue.add(buffers);
            queue.kick();
            var used = queue.await();
            guest.note("the same chain", used.head() == head);
            guest.note("written", used.written());
            guest.noteMemory("echo", to, used.written());
            guest.note("causes", guest.driver().takeInterrupt());
        }
    }

    @Nested
    class Split extends DeviceConformance {
        @Override
        protected Conformance conformance() {
            return conformanceWith("ring-packed", "off");
        }
    }

    @Nested
    class Packed extends DeviceConformance {
        @Override
        protected Conformance conformance() {
            return conformanceWith("ring-packed", "on");
        }
    }

    @Nested
    class Legacy extends DeviceConformance {
        @Override
        protected Conformance conformance() {
            return conformanceWith("registers", "legacy");
        }
    }
}
