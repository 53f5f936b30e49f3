package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.itests.bundles.MachineProbe.Wish;
import org.sterna.machine.Machines;
import org.sterna.machine.abi.MachineType;

/** The gate: a guest of every machine type sees, fact by fact, what was frozen. */
@ExtendWith(ServiceExtension.class)
class MachineAbiTest {
    private static final List<String> DEVICES = List.of("serial", "pvclock", "virtio-blk");

    @InjectService(timeout = 10_000)
    Machines machines;
    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> aGuestSeesWhatWasFrozen() {
        var probe = new MachineProbe(machines, folder);
        return machines.types().stream().map(MachineType::name).sorted().map(type -> DynamicTest.dynamicTest(type,
            () -> {
                var baseline = new MachineBaseline(type);
                Facts seen = probe.run(Wish.of(type));
                baseline.writeIfMissing(seen);
                baseline.verify("the code as it is", seen);
            }));
    }

    @Test
    void noFrozenMachineTypeIsGone() throws IOException {
        var types = machines.types().stream().map(MachineType::name).toList();
        try (Stream<Path> frozen = Files.list(Checkout.file("docs/abi"))) {
            var gone = frozen.filter(path -> Files.exists(path.resolve("machine.txt")))
                .map(path -> path.getFileName().toString()).filter(name -> !types.contains(name)).toList();
            assertEquals(List.of(), gone, "these machine types were frozen, and guests may be running on them");
        }
    }

    /** A running guest that comes from an old release, or goes back to one, must not notice either. */
    @Test
    void theReleasedDevicesShowTheSame() throws Exception {
        try (var releases = new Releases()) {
            assertTrue(releases.count() >= DEVICES.size(), "releases of every device");
            Wish wish = Wish.of("virt-1.0");
            for (String device : DEVICES) {
                wish = wish.with(device, Machines.BUNDLE, "1.0.0");
            }
            new MachineBaseline("virt-1.0").verify("the devices of release 1.0.0", new MachineProbe(machines, folder).run(wish));
        }
    }
}
