package org.sterna.machine.internal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.Version;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryException;
import org.sterna.machine.processor.ProcessorFault;

/**
 * Whose code is called: the one place where whatever a plug-in throws is caught. An exception or error that its contract does not
 * allow becomes a {@link MachineException} which names path, bundle and method; the stack trace goes to the log.
 *
 * @param path    of the part that the code is called for, such as {@code /virtio-blk@0}
 * @param bundle  the symbolic name of the bundle
 * @param version the version of the bundle
 */
record Plugin(String path, String bundle, Version version) {
    private static final Logger LOG = LoggerFactory.getLogger(Plugin.class);
    /** The methods whose contract allows null; a device that has nothing to pass on may not know better. */
    private static final Set<String> MAY_RETURN_NULL = Set.of("Board.slot", "Board.environment", "Device.passOn");

    /** The plug-in that a factory belongs to. */
    static Plugin of(String path, Installed<?> installed) {
        return new Plugin(path, installed.bundle(), installed.version());
    }

    /** The plug-in that a service belongs to. */
    static Plugin of(String path, Object service) {
        Bundle from = FrameworkUtil.getBundle(service.getClass());
        return from == null ? new Plugin(path, service.getClass().getName(), Version.emptyVersion)
            : new Plugin(path, from.getSymbolicName(), from.getVersion());
    }

    /**
     * What the plug-in has thrown, in words for an operator; the stack trace goes to the log.
     *
     * @param where the method, such as {@code quiesce()}
     */
    MachineException failure(String where, Throwable thrown) {
        if (thrown instanceof MachineException refusal) {
            return refusal;
        }
        if (GuestMemory.isUnreadableFile(thrown)) {
            LOG.debug("{}: {} {} has met a page that cannot be read in {}", path, bundle, version, where, thrown);
            return new MachineException(MachineException.Kind.FAILED, List.of(Reason.of(path,
                bundle + " " + version + " could not go on in " + where
                + ": a file that is mapped into this process has been cut, or cannot be read any more",
                "look at the files that are mapped, such as the snapshot of a restored guest")), thrown);
        }
        LOG.error("{}: {} {} has failed in {}", path, bundle, version, where, thrown);
        return new MachineException(MachineException.Kind.FAILED, List.of(Reason.of(path,
            bundle + " " + version + " has failed in " + where + ": " + thrown,
            "this is a defect of that bundle; the log has the stack trace")), thrown);
    }

    /** An object of the plug-in, as one that throws nothing but what its contract allows. */
    <T> T guard(Class<T> type, T object) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, new Guard(object)));
    }

    private final class Guard implements InvocationHandler {
        private final Object object;

        Guard(Object object) {
            this.object = object;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) {
            if (method.getDeclaringClass() == Object.class) {
                return switch (method.getName()) {
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    default -> bundle + " " + version;
                };
            }
            try {
                Object result = method.invoke(object, arguments);
                if (result == null && method.getReturnType() != void.class && !MAY_RETURN_NULL.contains(
                        method.getDeclaringClass().getSimpleName() + "." + method.getName())) {
                    throw failure(method.getName() + "()", new NullPointerException("it has returned null"));
                }
                return result;
            } catch (InvocationTargetException e) {
                throw allowed(method.getName(), e.getCause());
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }

        private RuntimeException allowed(String method, Throwable thrown) {
            return switch (thrown) {
                // A state that contradicts itself is refused so.
                case IllegalArgumentException refused when method.equals("restore") -> refused;
                // A guest has made the processor unable to go on.
                case ProcessorFault fault when method.equals("run") -> fault;
                // It can be run again when there is memory.
                case HostMemoryException noMemory when method.equals("run") -> noMemory;
                default -> failure(method + "()", thrown);
            };
        }
    }
}
