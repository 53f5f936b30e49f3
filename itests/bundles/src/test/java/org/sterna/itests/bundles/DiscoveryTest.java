package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.InstalledModel;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.abi.MachineType;

@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class DiscoveryTest {
    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    Machines machines;

    private static MachineDefinition machine(String type, String... devices) {
        return new MachineDefinition("discovery", type, 16 << 20, 1, Map.of(), Map.of(),
            Arrays.stream(devices).map(DeviceDefinition::parse).toList());
    }

    private Bundle bundle(String name) {
        return Arrays.stream(context.getBundles()).filter(b -> b.getSymbolicName().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void everyTypeIsFoundAsAService() {
        var types = machines.models().stream().map(model -> model.model().type()).collect(Collectors.toSet());
        assertTrue(types.containsAll(List.of("virt", "riscv64", "serial", "pvclock", "virtio-blk")), types.toString());
        assertTrue(machines.types().stream().map(MachineType::name).toList().containsAll(List.of("virt-1.0", "virt-1.1", "virt-1.2", "virt-1.3")));
    }

    /** A resolver can reason about a bundle that has never been started, and is told what the code does. */
    @Test
    void everyBundleProvidesTheCapabilityOfItsModel() {
        for (var installed : machines.models()) {
            Bundle bundle = Arrays.stream(context.getBundles()).filter(b -> b.getSymbolicName().equals(installed.bundle())
                && b.getVersion().equals(installed.version())).findFirst().orElseThrow();
            String namespace = "org.sterna." + installed.kind().name().toLowerCase(Locale.ROOT);
            var capability = bundle.adapt(BundleWiring.class).getCapabilities(namespace).getFirst().getAttributes();
            assertEquals(installed.model().type(), capability.get(namespace));
            assertEquals(installed.model().abi().toString(), capability.get("abi").toString().replaceAll("\\.0$", ""));
            assertEquals((long) installed.model().state().schema().version(), capability.get("state"));
        }
    }

    @Test
    void everyMachineTypeIsACapabilityToo() {
        var offered = bundle("org.sterna.machine.virt").adapt(BundleWiring.class).getCapabilities("org.sterna.machine.type")
            .getFirst().getAttributes().get("org.sterna.machine.type");
        assertEquals(machines.types().stream().map(MachineType::name).filter(name -> name.startsWith("virt-")).toList(), offered);
    }

    @Test
    void aMachineIsAServiceUntilItIsClosed() throws Exception {
        String filter = "(" + Machines.NAME + "=discovery)";
        assertTrue(context.getServiceReferences(Machine.class, filter).isEmpty());
        try (var machine = machines.create(machine("virt"))) {
            var found = context.getServiceReferences(Machine.class, filter).iterator().next();
            assertSame(machine, context.getService(found));
            context.ungetService(found);
        }
        assertTrue(context.getServiceReferences(Machine.class, filter).isEmpty());
    }

    @Test
    void theAliasOfAFamilyIsItsNewestAndIsRecordedResolved() {
        try (var machine = machines.create(machine("virt"))) {
            assertEquals("virt-1.3", machine.abi().machineType());
        }
    }

    @Test
    void aMissingDeviceIsNamedAndTheMachineWorksOnceItIsBack() throws BundleException {
        Bundle pvclock = bundle("org.sterna.device.pvclock");
        pvclock.stop();
        try {
            var refusal = assertThrows(MachineException.class, () -> machines.create(machine("virt-1.0", "pvclock")));
            assertEquals(MachineException.Kind.USAGE, refusal.kind());
            assertTrue(refusal.getMessage().contains("/pvclock@0: no such type is installed: 'pvclock'"), refusal.getMessage());
        } finally {
            pvclock.start();
        }
        machines.create(machine("virt-1.0", "pvclock")).close();
    }

    @Test
    void everythingThatIsWrongIsSaidAtOnce() {
        var refusal = assertThrows(MachineException.class, () -> machines.create(
            machine("virt-1.0", "seriel", "serial,backand=null", "virtio-blk,flush=perhaps,drive=x")));
        assertEquals(3, refusal.reasons().size(), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("did you mean serial?"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("did you mean backend?"), refusal.getMessage());
        var unknown = assertThrows(MachineException.class, () -> machines.create(machine("virt-2.0")));
        assertTrue(unknown.getMessage().contains("did you mean virt-1.0 or virt-1.1 or virt-1.2?"), unknown.getMessage());
    }
}
