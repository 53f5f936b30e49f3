package com.example.rng;

import java.util.List;
import org.sterna.testkit.QueueDriver;
import org.sterna.testkit.VirtqueueDriver.Buffer;
import org.sterna.testkit.conformance.Conformance;
import org.sterna.testkit.conformance.DeviceConformance;
import org.sterna.testkit.conformance.ScriptedGuest;

/** What every device must keep to. */
class RngConformanceTest extends DeviceConformance {
    @Override
    protected Conformance conformance() {
        return Conformance.of(new RngFactory(), RngConformanceTest::script);
    }

    private static void script(ScriptedGuest guest) {
        guest.driver().negotiate(-1L);
        QueueDriver queue = guest.driver().negotiatedQueue(8);
        guest.driver().ready();
        long buffer = guest.driver().allocate(4096, 4096);
        for (int i = 0; i < 10; i++) {
            int length = 16 + guest.random().nextInt(1000);
            guest.bench().memory().fill(buffer, 4096, (byte) 0);
            queue.add(List.of(Buffer.writable(buffer, length)));
            queue.kick();
            guest.note("bytes", queue.await().written() == length);
            guest.note("something", guest.bench().memory().getLong(buffer) != 0);
            guest.note("nothing behind it", guest.bench().memory().getByte(buffer + length) == 0);
            guest.note("causes", guest.driver().takeInterrupt());
        }
    }
}
