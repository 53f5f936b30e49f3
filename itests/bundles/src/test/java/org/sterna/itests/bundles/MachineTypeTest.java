package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.DeviceDefinition;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineDefinition;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.abi.MachineType;

/** Machine types that come in bundles of other people: with nothing but a data file and a line in the manifest. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class MachineTypeTest {
    private static final String TABLE = "'riscv64':'1.0','serial':'1.0','virt':'1.1','virtio-blk':'1.1'";
    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    Machines machines;
    private final List<Bundle> installed = new ArrayList<>();

    @AfterEach
    void uninstall() throws BundleException {
        for (Bundle bundle : installed) {
            if (bundle.getState() != Bundle.UNINSTALLED) {
                bundle.uninstall();
            }
        }
    }

    private static String type(String family, String version, String board, String table) {
        return "{'family':'" + family + "','version':'" + version + "','board':'" + board
            + "','processor':'riscv64','abi':{" + table + "}}";
    }

    /** Installs a bundle that holds machine types and nothing else. */
    private Bundle install(String name, String... types) throws IOException, BundleException {
        var manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", name);
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Sterna-Machine-Types", "types/*.json");
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes, manifest)) {
            for (int i = 0; i < types.length; i++) {
                jar.putNextEntry(new ZipEntry("types/" + i + ".json"));
                jar.write(types[i].replace('\'', '"').getBytes(StandardCharsets.UTF_8));
            }
        }
        Bundle bundle = context.installBundle(name, new ByteArrayInputStream(bytes.toByteArray()));
        installed.add(bundle);
        bundle.start();
        return bundle;
    }

    /** What is logged while a bundle comes. */
    private String logged(String name, String... types) throws IOException, BundleException {
        PrintStream before = System.err;
        var log = new ByteArrayOutputStream();
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        try {
            install(name, types);
        } finally {
            System.setErr(before);
        }
        return log.toString(StandardCharsets.UTF_8);
    }

    private Machine create(String type, String... devices) {
        return machines.create(new MachineDefinition("other", type, 16 << 20, 1, Map.of(), Map.of(),
            Arrays.stream(devices).map(DeviceDefinition::parse).toList()));
    }

    private List<String> names() {
        return machines.types().stream().map(MachineType::name).toList();
    }

    @Test
    void aThirdPartyAddsAMachineTypeAndTakesItAway() throws Exception {
        Bundle acme = install("com.acme.machines", type("acme", "1.0", "virt", TABLE), type("acme", "2.0", "virt", TABLE));
        assertTrue(names().containsAll(List.of("acme-1.0", "acme-2.0")), names().toString());
        try (Machine machine = create("acme", "serial", "pvclock")) {
            assertEquals("acme-2.0", machine.abi().machineType(), "the alias is recorded resolved");
            assertEquals("1.1", machine.abi().board().abi().toString());
            assertEquals("1.0", machine.abi().devices().get("/serial@0").abi().toString());
        }
        acme.uninstall();
        assertFalse(names().stream().anyMatch(name -> name.startsWith("acme")), names().toString());
        var refusal = assertThrows(MachineException.class, () -> create("acme-1.0"));
        assertTrue(refusal.getMessage().contains("no such machine type"), refusal.getMessage());
    }

    @Test
    void aNameThatIsTakenStaysWithItsOwnerAndTheLogSaysSo() throws Exception {
        var before = machines.types();
        String log = logged("com.acme.rogue", type("virt", "1.0", "virt", "'riscv64':'1.0','virt':'1.1'"));
        assertEquals(before.toString(), machines.types().toString());
        assertTrue(log.contains("com.acme.rogue 1.0.0 virt-1.0 is not used"), log);
        assertTrue(log.contains("org.sterna.machine.virt"), log);
        assertTrue(log.contains("give it a name of its own"), log);
    }

    @Test
    void sayingTheSameAgainIsNoQuarrel() throws Exception {
        install("com.acme.one", type("acme", "1.0", "virt", TABLE));
        String log = logged("com.acme.two", type("acme", "1.0", "virt", TABLE));
        assertFalse(log.contains("not used"), log);
    }

    @Test
    void aBadDataFileIsNotUsedAndTheOthersOfItsBundleAre() throws Exception {
        String log = logged("com.acme.broken", "{", type("acme", "one", "virt", TABLE), type("acme", "1.0", "virt", TABLE),
            type("acme", "1.1", "virt", "'riscv64':'1.0'"));
        assertEquals(List.of("acme-1.0"), names().stream().filter(name -> name.startsWith("acme")).toList());
        assertTrue(log.contains("com.acme.broken 1.0.0 has a machine type that is not used: /types/0.json: not JSON"), log);
        assertTrue(log.contains("/types/1.json: machine type.version: not an ABI version (major.minor): 'one'"), log);
        assertTrue(log.contains("/types/3.json: machine type acme-1.1 gives no ABI version for virt"), log);
    }

    @Test
    void aMachineTypeWhoseBoardOrVersionNobodyOffersIsRefusedByName() throws Exception {
        install("com.acme.future", type("acme", "1.0", "desk", "'riscv64':'1.0','desk':'1.0'"),
            type("acme", "2.0", "virt", "'riscv64':'1.77','virt':'1.0'"));
        var board = assertThrows(MachineException.class, () -> create("acme-1.0"));
        assertTrue(board.getMessage().contains("no such type is installed: 'desk', which machine type acme-1.0 has in ABI 1.0"),
            board.getMessage());
        var version = assertThrows(MachineException.class, () -> create("acme-2.0"));
        assertTrue(version.getMessage().contains("machine type acme-2.0 needs riscv64 of ABI 1.77, installed is riscv64 "),
            version.getMessage());
    }

    /** A bundle that is older than the machine type needs. */
    @Test
    void anOldBundleUnderANewMachineTypeIsRefusedWithWhatIsThereAndWhatIsNeeded() throws Exception {
        install("com.acme.machines", type("acme", "1.0", "virt", "'riscv64':'1.0','serial':'1.0','virt':'1.0'"),
            type("acme", "2.0", "virt", "'riscv64':'1.0','serial':'1.1','virt':'1.0'"));
        Bundle old = context.installBundle(
            Checkout.file("cnf/release/1.0.0/org.sterna.device.serial-1.0.0.jar").toUri().toString());
        installed.add(old);
        old.start();
        create("acme-1.0", "serial,bundle=1.0.0").close();
        var refusal = assertThrows(MachineException.class, () -> create("acme-2.0", "serial,bundle=1.0.0"));
        assertEquals(MachineException.Kind.USAGE, refusal.kind());
        assertTrue(refusal.getMessage().contains("/serial@0: machine type acme-2.0 needs serial of ABI 1.1, "
            + "installed is serial 1.0.0 of ABI 1.0"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("use --machine acme-1.0, or install a newer serial"), refusal.getMessage());
    }
}
