package org.sterna.deployment.internal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.lease.Resource;

/** Services that only answer what a test asks. */
final class Fakes {
    static final MachineDefinition DEFINITION =
        new MachineDefinition("guest", "virt", 4096, 1, Map.of(), Map.of(), List.of());

    private Fakes() {
    }

    /** An implementation of an interface by its methods' names; whatever else is called fails. */
    static <T> T of(Class<T> type, Map<String, Function<Object[], Object>> methods) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            Function<Object[], Object> found = methods.get(method.getName());
            if (found == null) {
                throw new UnsupportedOperationException(method.getName());
            }
            return found.apply(arguments);
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    /** A machine that claims files for itself alone. */
    static Machine machine(Path... disks) {
        List<Resource> claims = List.of(disks).stream().map(disk -> new Resource("/disk@0", "drive", disk.toUri(), true)).toList();
        return of(Machine.class, Map.of("name", none -> "guest", "claims", none -> claims));
    }
}
