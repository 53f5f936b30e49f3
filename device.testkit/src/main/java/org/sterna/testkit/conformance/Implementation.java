package org.sterna.testkit.conformance;

import java.util.HashMap;
import java.util.Map;
import org.osgi.framework.Version;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Property;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.time.GuestClock;
import org.sterna.migration.StateCrossing;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.probe.ReleasedBundle;

/**
 * A version of the device.
 *
 * @param name    for messages
 * @param version of its bundle
 */
record Implementation(String name, Version version, DeviceFactory factory) {
    private static final int MEMORY_BYTES = 4 << 20;

    /** The code as it is. */
    static Implementation current(DeviceFactory factory) {
        return new Implementation("the code as it is", new Version(0, 0, 0, "today"), factory);
    }

    static Implementation released(ReleasedBundle bundle) {
        return new Implementation(bundle.toString(), bundle.version(), bundle.factory());
    }

    AbiVersion abi() {
        return factory.model().abi();
    }

    /** A started machine with nothing but this device, without those properties that it does not know under an ABI version. */
    DeviceBench bench(AbiVersion abi, Map<String, String> properties) {
        var known = new HashMap<>(properties);
        known.keySet().removeIf(name -> factory.model().property(name).filter(property -> exists(property, abi)).isEmpty());
        var bench = new DeviceBench(factory, abi, known, new GuestClock(), MEMORY_BYTES);
        try {
            bench.attach();
            bench.call(device -> {
                device.reset();
                return null;
            });
            bench.start();
            return bench;
        } catch (RuntimeException | Error e) {
            bench.close();
            throw e;
        }
    }

    private static boolean exists(Property<?> property, AbiVersion abi) {
        return property.scope() == Property.Scope.HOST || property.since().compareTo(abi) <= 0;
    }

    /** How the state of the device on a bench, which is one of these, would get into another. */
    StateCrossing crossing(DeviceBench bench, Implementation to) {
        return StateCrossing.of("/" + factory.model().type() + "@0", installed(), bench.stateTree(),
            bench.call(device -> device.acknowledged()), to.installed());
    }

    private InstalledModel installed() {
        return new InstalledModel(InstalledModel.Kind.DEVICE, factory.model(), factory.model().type(), version);
    }
}
