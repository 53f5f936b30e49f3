package org.sterna.machine.internal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.sterna.machine.abi.Model;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorContext;
import org.sterna.machine.processor.ProcessorFactory;

/** What happens before a method of a plug-in is called. */
final class Hooks {
    private final Map<String, Hook> hooks = new ConcurrentHashMap<>();

    /** It may throw, or take long. */
    interface Hook {
        void run() throws Throwable;
    }

    /** Has something happen before each call of a method. */
    Hooks before(String method, Hook hook) {
        hooks.put(method, hook);
        return this;
    }

    void clear() {
        hooks.clear();
    }

    private <T> T in(Class<T> type, T object) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, called, arguments) -> {
            hooks.getOrDefault(called.getName(), () -> { }).run();
            try {
                return called.invoke(object, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    DeviceFactory device(Fakes.Gadgets gadgets) {
        return in(DeviceFactory.class, new DeviceFactory() {
            @Override
            public Model model() {
                return gadgets.model();
            }

            @Override
            public String slot() {
                return gadgets.slot();
            }

            @Override
            public Device<?> create(DeviceContext context) {
                return in(Device.class, gadgets.create(context));
            }
        });
    }

    BoardFactory board(Fakes.FakeBoards boards) {
        return in(BoardFactory.class, new BoardFactory() {
            @Override
            public Model model() {
                return boards.model();
            }

            @Override
            public long memoryBase() {
                return boards.memoryBase();
            }

            @Override
            public Board<?> create(BoardContext context) {
                return in(Board.class, boards.create(context));
            }
        });
    }

    ProcessorFactory processor(Fakes.FakeProcessors processors) {
        return in(ProcessorFactory.class, new ProcessorFactory() {
            @Override
            public Model model() {
                return processors.model();
            }

            @Override
            public Processor<?> create(ProcessorContext context) {
                context.environment();
                return in(Processor.class, processors.create(context));
            }
        });
    }

    /** The blueprint of {@link Fakes} with other plug-ins. */
    static Blueprint blueprint(Blueprint plain, DeviceFactory device, BoardFactory board, ProcessorFactory processor) {
        var devices = new LinkedHashMap<String, Blueprint.DeviceBlueprint>();
        plain.devices().forEach((path, made) -> devices.put(path, new Blueprint.DeviceBlueprint(
            Fakes.installed(device, made.installed().model(), "1.0.0"), made.configuration(), made.slot())));
        return new Blueprint(plain.name(), plain.machineType(), plain.memory(), plain.processors(),
            Fakes.installed(board, plain.board().model(), "1.0.0"), plain.boardConfiguration(),
            Fakes.installed(processor, plain.processor().model(), "1.0.0"), plain.processorConfiguration(), devices);
    }
}
