package org.sterna.itests.faulty.internal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.sterna.machine.abi.Model;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceContext.BlockingIo;
import org.sterna.machine.device.DeviceFactory;

/** Makes the devices of another factory, with faults in {@code create()}, in each method of a device and in its I/O. */
record FaultyFactory(DeviceFactory original, Faults faults) implements DeviceFactory {
    private static final String IO = "io";

    @Override
    public Model model() {
        return original.model();
    }

    @Override
    public String slot() {
        return original.slot();
    }

    @Override
    public Device<?> create(DeviceContext context) {
        Faults.OfDevice ofDevice = faults.of(original.model(), context);
        ofDevice.meet("create");
        Device<?> device = original.create(intercept(DeviceContext.class, context, (method, arguments) -> {
            if (method.equals("submit")) {
                BlockingIo io = (BlockingIo) arguments[0];
                arguments[0] = (BlockingIo) () -> {
                    ofDevice.meet(IO);
                    io.run();
                };
            }
        }));
        return intercept(Device.class, device, (method, arguments) -> ofDevice.meet(method));
    }

    /** What is done before a call. */
    private interface Before {
        void call(String method, Object[] arguments);
    }

    /** The loader of the type knows all types that its methods need. */
    private static <T> T intercept(Class<T> type, T original, Before before) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            before.call(method.getName(), arguments);
            try {
                return method.invoke(original, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
