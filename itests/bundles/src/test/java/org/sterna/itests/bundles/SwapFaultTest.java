package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.migration.Migrations;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;

/** A new version of the disk that fails at each step of a swap: the guest at work goes on with the old one. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class SwapFaultTest {
    private static final String DISK = "/virtio-blk@0";
    private static final String FAULTY = "99.0.0";

    @InjectService(timeout = 10_000)
    Machines machines;
    @InjectService(timeout = 10_000)
    Migrations migrations;
    @TempDir
    Path folder;

    /** Swaps for a version whose device answers some call in another way, and sees that nothing has come of it. */
    private void goesOnWithout(Planted.Interceptor fault, Duration limit, String said) throws Exception {
        var drill = new Drill(folder);
        Path console = drill.console();
        try (Machine machine = drill.boot(machines, console, drill.definition("virt-1.0", console, Map.of()))) {
            String abi = machine.abi().toJson();
            try (var planted = Planted.instead(DeviceFactory.class, "virtio-blk", factory ->
                    Planted.change(DeviceFactory.class, factory, "create", device -> Planted.intercept(Device.class, (Device<?>) device, fault)))) {
                for (int i = 0; i < 3; i++) {
                    Swap swap = migrations.swap(machine, DISK, FAULTY, new SwapOptions(limit, Set.of()));
                    assertFalse(swap.done());
                    assertTrue(swap.verdict().allowed(), "what it declares is all right");
                    assertTrue(swap.reasons().toString().contains(said), swap.reasons().toString());
                    assertEquals(Machine.Phase.RUNNING, machine.phase(), machine.why());
                    long seen = Drill.last(console).seq();
                    assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations(), Drill.text(console));
                }
            }
            assertEquals(abi, machine.abi().toJson());
            assertEquals(Set.of(), machine.held());
        }
    }

    private static Planted.Interceptor at(String method, Planted.Original instead) {
        return (name, arguments, original) -> name.equals(method) ? instead.call(arguments) : original.call(arguments);
    }

    @Test
    void attach() throws Exception {
        goesOnWithout(at("attach", arguments -> {
            throw MachineException.failed(DISK, "drive", "cannot be had", "");
        }), SwapOptions.DEFAULT.limit(), "cannot be had");
    }

    @Test
    void restoreThrows() throws Exception {
        goesOnWithout(at("restore", arguments -> {
            throw new IllegalStateException("broken");
        }), SwapOptions.DEFAULT.limit(), "planted 99.0.0 has failed in restore(): java.lang.IllegalStateException: broken");
    }

    @Test
    void restoreRefuses() throws Exception {
        goesOnWithout(at("restore", arguments -> {
            throw new IllegalArgumentException("I do not like it");
        }), SwapOptions.DEFAULT.limit(), "cannot be restored by virtio-blk 99.0.0: I do not like it");
    }

    @Test
    void restoreHangs() throws Exception {
        var never = new CountDownLatch(1);
        try {
            goesOnWithout(at("restore", arguments -> {
                never.await();
                return null;
            }), Duration.ofMillis(200), "planted 99.0.0 has not returned from restore() in ");
        } finally {
            never.countDown();
        }
    }

    @Test
    void restoreDoesNothing() throws Exception {
        goesOnWithout(at("restore", arguments -> null), SwapOptions.DEFAULT.limit(), "holds something else");
    }

    @Test
    void startThrows() throws Exception {
        goesOnWithout(at("start", arguments -> {
            throw new NoClassDefFoundError("org/example/Missing");
        }), SwapOptions.DEFAULT.limit(), "planted 99.0.0 has failed in start(): java.lang.NoClassDefFoundError: org/example/Missing");
    }

    /** Whichever look at the state it is that fails, before the guest stands still or while it does, the answer is a reason. */
    @Test
    void aStateThatCannotBeHad() throws Exception {
        var looks = new AtomicInteger();
        var failing = new AtomicInteger();
        var drill = new Drill(folder);
        Path console = drill.console();
        try (var planted = Planted.instead(DeviceFactory.class, "virtio-blk", factory -> Planted.change(DeviceFactory.class, factory,
                "create", device -> Planted.intercept(Device.class, (Device<?>) device, at("state", looks, failing))));
                Machine machine = drill.boot(machines, console, drill.definition("virt-1.0", console, Map.of()))) {
            failing.set(1);
            var refused = assertThrows(MachineException.class, () -> migrations.swap(machine, DISK, FAULTY, SwapOptions.DEFAULT));
            assertTrue(refused.getMessage().startsWith("/virtio-blk@0: org.sterna.itests.planted 99.0.0 has failed in state(): "), refused.getMessage());
            int done = 0;
            for (int i = 2; i <= 6; i++) {
                looks.set(0);
                failing.set(i);
                Swap swap = migrations.swap(machine, DISK, FAULTY, SwapOptions.DEFAULT);
                assertTrue(swap.done() || swap.reasons().toString().contains("no state today"), swap.reasons().toString());
                done += swap.done() ? 1 : 0;
                failing.set(0);
                assertEquals(Machine.Phase.RUNNING, machine.phase(), machine.why());
                long seen = Drill.last(console).seq();
                assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations(), Drill.text(console));
            }
            assertTrue(done > 0 && done < 5, done + " of 5");
        }
    }

    private static Planted.Interceptor at(String method, AtomicInteger calls, AtomicInteger failing) {
        return (name, arguments, original) -> {
            if (name.equals(method) && calls.incrementAndGet() == failing.get()) {
                throw new IllegalStateException("no state today");
            }
            return original.call(arguments);
        };
    }
}
