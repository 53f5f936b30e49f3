package org.sterna.machine.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Replacement;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.processor.ProcessorFactory;

/** Whatever a plug-in throws, in whatever method: who it was is said, and the machine can be closed. */
class PluginTest {
    private static final String DEVICE = "/gadget@0";

    private final Fakes.FakeBoards boards = new Fakes.FakeBoards();
    private final Fakes.FakeProcessors processors = new Fakes.FakeProcessors();
    private final Fakes.Gadgets gadgets = new Fakes.Gadgets("1.0");
    private final Fakes.Gadgets newer = new Fakes.Gadgets("1.1");

    private static Stream<Arguments> with(String... methods) {
        return Stream.of(methods).flatMap(method -> Stream.of(
            Arguments.of(method, (Supplier<Throwable>) () -> new IllegalStateException("boom")),
            Arguments.of(method, (Supplier<Throwable>) () -> new NoClassDefFoundError("com/acme/Gone")),
            Arguments.of(method, (Supplier<Throwable>) StackOverflowError::new)));
    }

    private Blueprint blueprint(DeviceFactory device, BoardFactory board, ProcessorFactory processor) {
        return Hooks.blueprint(Fakes.blueprint(boards, processors, gadgets, 1), device, board, processor);
    }

    private static Hooks throwing(String method, Supplier<Throwable> thrown) {
        return new Hooks().before(method, () -> {
            throw thrown.get();
        });
    }

    private static void assertNamed(MachineException failure, String path, String bundle, String method) {
        assertEquals(path, failure.reasons().getFirst().subject(), failure.getMessage());
        assertTrue(failure.getMessage().contains(bundle + " has failed in " + method + "(): "), failure.getMessage());
    }

    private static VirtualMachine machine(Blueprint blueprint) {
        return new VirtualMachine(blueprint, FileLeases::new, closed -> { });
    }

    static Stream<Arguments> atBoot() {
        return with("slot", "create", "registerBytes", "claims", "attach", "reset", "node", "start", "quiesce", "state",
            "acknowledged", "restore", "change", "detach");
    }

    /** Everything that is asked of a device from its creation to its end. */
    @ParameterizedTest
    @MethodSource("atBoot")
    void aDeviceThatThrows(String method, Supplier<Throwable> thrown) {
        var failure = assertThrows(MachineException.class, () -> {
            var machine = machine(blueprint(throwing(method, thrown).device(gadgets), boards, processors));
            try {
                machine.attach();
                machine.boot();
                machine.pause();
                var device = machine.parts().getLast();
                device.acknowledged();
                device.restore(device.state());
                machine.change(DEVICE, "capacity", "5");
                machine.detach();
            } finally {
                machine.close();
                assertEquals(Machine.Phase.CLOSED, machine.phase());
            }
        });
        assertNamed(failure, DEVICE, "test.gadget 1.0.0", method);
    }

    static Stream<Arguments> ofABoard() {
        return with("memoryBase", "create", "timebase", "environment", "connect", "slot", "boot", "state", "restore");
    }

    @ParameterizedTest
    @MethodSource("ofABoard")
    void aBoardThatThrows(String method, Supplier<Throwable> thrown) {
        BoardFactory board = throwing(method, thrown).board(boards);
        assertNamed(run(blueprint(gadgets, board, new Hooks().processor(processors)), "/plank"), "/plank", "test.plank 1.0.0", method);
    }

    static Stream<Arguments> ofAProcessor() {
        return with("create", "reset", "boot", "state", "restore");
    }

    @ParameterizedTest
    @MethodSource("ofAProcessor")
    void aProcessorThatThrows(String method, Supplier<Throwable> thrown) {
        ProcessorFactory processor = throwing(method, thrown).processor(processors);
        assertNamed(run(blueprint(gadgets, boards, processor), "/counter@0"), "/counter@0", "test.counter 1.0.0", method);
    }

    private static MachineException run(Blueprint blueprint, String path) {
        return assertThrows(MachineException.class, () -> {
            var machine = machine(blueprint);
            try {
                machine.attach();
                machine.boot();
                machine.pause();
                var part = machine.parts().stream().filter(other -> other.path().equals(path)).findFirst().orElseThrow();
                part.restore(part.state());
            } finally {
                machine.close();
                assertEquals(Machine.Phase.CLOSED, machine.phase());
            }
        });
    }

    static Stream<Arguments> whileTheGuestRuns() {
        return Stream.concat(with("read", "write"), with("run"));
    }

    /** Nobody waits for these, so they end the guest. */
    @ParameterizedTest
    @MethodSource("whileTheGuestRuns")
    void oneThatThrowsWhileTheGuestRuns(String method, Supplier<Throwable> thrown) throws InterruptedException {
        var hooks = new Hooks();
        boolean device = !method.equals("run");
        try (var machine = machine(device ? blueprint(hooks.device(gadgets), boards, processors)
                : blueprint(gadgets, boards, hooks.processor(processors)))) {
            var failed = new CountDownLatch(1);
            machine.onPhase(phase -> {
                if (phase == Machine.Phase.FAILED) {
                    failed.countDown();
                }
            });
            hooks.before(method, () -> {
                throw thrown.get();
            });
            machine.attach();
            machine.boot();
            if (device) {
                var registers = boards.context.bus().find(Fakes.HOLE, 4).handler();
                registers.write(0, 4, 1);
                registers.read(0, 4);
            }
            assertTrue(failed.await(10, TimeUnit.SECONDS));
            assertTrue(machine.why().startsWith((device ? DEVICE + ": test.gadget" : "/counter@0: test.counter")
                + " 1.0.0 has failed in " + method + "(): "), machine.why());
        }
    }

    private static final Replacement.Crossing PLAIN = new Replacement.Crossing() {
        @Override
        public SortedMap<Long, Object> cross(SortedMap<Long, Object> state) {
            return state;
        }

        @Override
        public void check(SortedMap<Long, Object> held) {
        }
    };

    static Stream<Arguments> ofTheNewOne() {
        return with("slot", "create", "registerBytes", "attach", "restore", "state", "start");
    }

    /** The guest goes on with the old one. */
    @ParameterizedTest
    @MethodSource("ofTheNewOne")
    void aNewOneThatThrowsInASwap(String method, Supplier<Throwable> thrown) {
        var failure = swapFails(blueprint(gadgets, boards, processors), () -> { }, throwing(method, thrown).device(newer),
            new Hooks());
        assertNamed(failure, DEVICE, "test.gadget 2.0.0", method);
    }

    static Stream<Arguments> ofTheOldOne() {
        return with("quiesce", "state", "passOn");
    }

    /** The guest goes on with it. */
    @ParameterizedTest
    @MethodSource("ofTheOldOne")
    void anOldOneThatThrowsInASwap(String method, Supplier<Throwable> thrown) {
        var hooks = new Hooks();
        var failure = swapFails(blueprint(hooks.device(gadgets), boards, processors), () -> hooks.before(method, () -> {
            throw thrown.get();
        }), newer, hooks);
        assertNamed(failure, DEVICE, "test.gadget 1.0.0", method);
    }

    private MachineException swapFails(Blueprint blueprint, Runnable spoil, DeviceFactory next, Hooks ofTheOld) {
        try (var machine = machine(blueprint)) {
            machine.attach();
            machine.boot();
            gadgets.calls.clear();
            spoil.run();
            var failure = assertThrows(MachineException.class, () -> {
                try (Replacement replacement = machine.replacement(DEVICE, Fakes.installed(next, newer.model(), "2.0.0"), Map.of(),
                        () -> true)) {
                    replacement.perform(PLAIN, Duration.ofSeconds(10));
                }
            });
            ofTheOld.clear();
            assertEquals(Machine.Phase.RUNNING, machine.phase(), machine.why());
            assertEquals("1.0.0", machine.parts().getLast().version().toString());
            assertTrue(gadgets.calls.isEmpty() || gadgets.calls.getLast().equals("start"), gadgets.calls::toString);
            boards.context.bus().find(Fakes.HOLE, 4).handler().write(0, 4, 7);
            assertEquals(7L, machine.parts().getLast().state().get(1L));
            machine.pause();
            machine.resume();
            return failure;
        }
    }

    static Stream<Arguments> ofOneThatGoes() {
        return with("quiesce", "state", "detach");
    }

    @ParameterizedTest
    @MethodSource("ofOneThatGoes")
    void aBundleThatGoesWhileItsDeviceThrows(String method, Supplier<Throwable> thrown) {
        var hooks = new Hooks();
        DeviceFactory device = hooks.device(gadgets);
        try (var machine = machine(blueprint(device, boards, processors))) {
            machine.attach();
            machine.boot();
            hooks.before(method, () -> {
                throw thrown.get();
            });
            machine.vanish(device);
            // With its state the guest could go on; without, it has ended, and somebody is told why.
            boolean lost = method.equals("state");
            assertEquals(lost ? Machine.Phase.FAILED : Machine.Phase.PAUSED, machine.phase());
            assertEquals(lost, machine.why().contains("has failed in state()"), machine.why());
            assertEquals(Set.of(DEVICE), machine.held());
            hooks.clear();
        }
    }
}
