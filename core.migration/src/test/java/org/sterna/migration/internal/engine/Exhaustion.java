package org.sterna.migration.internal.engine;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.Operation;
import org.sterna.machine.Part;
import org.sterna.machine.Replacement;

/**
 * A process that runs out of memory once, at the n-th call of what the engine works with: machines, their operations
 * and parts. There is memory again for the calls after it.
 */
final class Exhaustion {
    private static final Set<Class<?>> WRAPPED = Set.of(Machine.class, Machines.class, Operation.class, Part.class,
        Replacement.class);
    /** What lets go of something: nothing could be set right if that did not work. */
    private static final Set<String> LAST = Set.of("close", "hashCode", "equals", "toString", "name");

    private final int at;
    private final AtomicInteger calls = new AtomicInteger();
    private volatile boolean begun;
    private volatile String where = "";

    /** One at a call; none at 0. */
    Exhaustion(int at) {
        this.at = at;
    }

    /** Counts from now on. */
    void begin() {
        begun = true;
    }

    /** Counts no longer. */
    void end() {
        begun = false;
    }

    /** The call at which it came, or the empty string if there were not as many. */
    String where() {
        return where;
    }

    /** Something that the engine works with. */
    <T> T of(Class<T> type, T real) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, new Calls(real)));
    }

    private Object wrapped(Object result) {
        if (result instanceof List<?> list) {
            return list.stream().map(this::wrapped).toList();
        }
        for (Class<?> type : WRAPPED) {
            if (type.isInstance(result)) {
                return wrapped(type, result);
            }
        }
        return result;
    }

    private <T> T wrapped(Class<T> type, Object real) {
        return of(type, type.cast(real));
    }

    private final class Calls implements InvocationHandler {
        private final Object real;

        Calls(Object real) {
            this.real = real;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            if (begun && !LAST.contains(method.getName()) && calls.incrementAndGet() == at) {
                where = method.getDeclaringClass().getSimpleName() + "." + method.getName();
                throw new OutOfMemoryError("injected at " + where);
            }
            if (method.getName().equals("equals")) {
                return arguments[0] != null && Proxy.isProxyClass(arguments[0].getClass())
                    && Proxy.getInvocationHandler(arguments[0]) instanceof Calls other && real.equals(other.real);
            }
            try {
                return wrapped(method.invoke(real, unwrapped(arguments)));
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }

    private static Object[] unwrapped(Object[] arguments) {
        if (arguments == null) {
            return null;
        }
        Object[] plain = arguments.clone();
        for (int i = 0; i < plain.length; i++) {
            plain[i] = real(plain[i]);
        }
        return plain;
    }

    /** What is behind something that the engine works with. */
    static Object real(Object wrapped) {
        return wrapped != null && Proxy.isProxyClass(wrapped.getClass())
            && Proxy.getInvocationHandler(wrapped) instanceof Calls calls ? calls.real : wrapped;
    }
}
