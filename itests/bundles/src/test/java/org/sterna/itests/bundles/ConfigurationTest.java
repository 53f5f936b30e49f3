package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.metatype.AttributeDefinition;
import org.osgi.service.metatype.MetaTypeService;
import org.osgi.service.metatype.ObjectClassDefinition;
import org.osgi.test.common.annotation.InjectBundleContext;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.context.BundleContextExtension;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.machine.Machine;

/** Machines are configurations, whoever creates, changes and deletes these. */
@ExtendWith({BundleContextExtension.class, ServiceExtension.class})
class ConfigurationTest {
    private static int names;

    @InjectBundleContext
    BundleContext context;
    @InjectService(timeout = 10_000)
    ConfigurationAdmin admin;
    @InjectService(timeout = 10_000)
    MetaTypeService metatype;
    @TempDir
    Path folder;
    private Configured configured;
    private Drill drill;
    private String name;

    @BeforeEach
    void open() {
        configured = new Configured(context, admin);
        drill = new Drill(folder);
        anotherName();
    }

    /** One that was just deleted is not used again: Configuration Admin tells of both asynchronously. */
    private void anotherName() {
        name = "configured-" + ++names;
    }

    @AfterEach
    void close() throws IOException, InvalidSyntaxException {
        configured.close();
    }

    /** The drill guest on all three devices. */
    private Map<String, Object> properties(Path console) throws IOException {
        return new HashMap<>(drill.configuration("virt-1.0", console));
    }

    private Bundle bundle(String name) {
        return Arrays.stream(context.getBundles()).filter(bundle -> bundle.getSymbolicName().equals(name)).findFirst()
            .orElseThrow();
    }

    @Test
    void aMachineIsMadeChangedAndClosedWithItsConfiguration() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        configured.put(name, properties);
        Machine machine = configured.awaitRunning(name);
        assertEquals(name, machine.name());
        long seen = Drill.await(console, report -> report.seq() >= 2).seq();
        String abi = machine.abi().toJson();

        var closed = new CompletableFuture<Machine.Phase>();
        machine.onPhase(phase -> {
            if (phase == Machine.Phase.CLOSED) {
                closed.complete(phase);
            }
        });
        Path other = drill.console();
        properties.put("devices", Drill.devices(other, drill.disk(console)));
        configured.put(name, properties);
        Drill.Report report = Drill.await(other, later -> later.seq() > seen + 1);
        assertEquals(0, report.violations(), "the guest goes on, and has noticed nothing");
        assertSame(machine, configured.awaitRunning(name));
        assertEquals(abi, machine.abi().toJson());

        configured.delete(name);
        closed.get(10, TimeUnit.SECONDS);
        configured.awaitGone(name);
    }

    @Test
    void whatTheGuestCanSeeStaysAsItIs() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        configured.put(name, properties);
        Machine machine = configured.awaitRunning(name);
        for (var change : Map.<String, Object>of("memory", "64M", "processors", 2, "machine", "virt-1.1", "name", "another",
                "board", new String[] {"kernel=" + folder.resolve("none")}, "devices", new String[] {"pvclock"}).entrySet()) {
            var changed = new HashMap<>(properties);
            changed.put(change.getKey(), change.getValue());
            configured.put(name, changed);
            configured.await(name, refused -> !refused.reasons().isEmpty());
            configured.put(name, properties);
            assertSame(machine, configured.awaitRunning(name), change.getKey());
        }
        var moved = new HashMap<>(properties);
        moved.put("memory", "64M");
        moved.put("devices", Drill.devices(drill.console(), drill.disk(console)));
        configured.put(name, moved);
        var reasons = configured.await(name, refused -> !refused.reasons().isEmpty()).reasons();
        assertEquals(List.of("memory"), reasons.stream().map(reason -> reason.item()).toList());
        assertEquals(console.toString(), machine.hostSettings().get("/serial@0").get("path"), "all of it, or nothing");
        long seen = Drill.last(console) == null ? 0 : Drill.last(console).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
    }

    @Test
    void aHostPropertyThatCannotBeLeavesTheOldOneInForce() throws Exception {
        Path console = drill.console();
        var properties = properties(console);
        configured.put(name, properties);
        Machine machine = configured.awaitRunning(name);
        properties.put("devices", Drill.devices(console, folder.resolve("no-such-disk")));
        configured.put(name, properties);
        var reasons = configured.await(name, refused -> !refused.reasons().isEmpty()).reasons();
        assertEquals("/virtio-blk@0", reasons.getFirst().subject());
        assertEquals("drive", reasons.getFirst().item());
        long seen = Drill.await(console, report -> report.seq() > 1).seq();
        assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
        assertEquals(Machine.Phase.RUNNING, machine.phase());
        assertEquals(drill.disk(console).toString(), machine.hostSettings().get("/virtio-blk@0").get("drive"));
    }

    @Test
    void theVersionOfABundleIsAHostProperty() throws Exception {
        try (var releases = new Releases()) {
            assertTrue(releases.count() > 3);
            Path console = drill.console();
            var properties = properties(console);
            configured.put(name, properties);
            Machine machine = configured.awaitRunning(name);
            String[] devices = Drill.devices(console, drill.disk(console));
            devices[1] = "pvclock,bundle=1.0.0";
            properties.put("devices", devices);
            configured.put(name, properties);
            configured.await(name, changed -> machine.parts().stream()
                .anyMatch(part -> part.type().equals("pvclock") && part.version().toString().equals("1.0.0")));
            configured.awaitRunning(name);
        }
    }

    @Test
    void whatIsNotInstalledYetIsWaitedFor() throws Exception {
        Bundle clock = bundle("org.sterna.device.pvclock");
        Bundle board = bundle("org.sterna.machine.virt");
        clock.stop();
        board.stop();
        try {
            configured.put(name, properties(drill.console()));
            var reasons = configured.await(name, machine -> !machine.reasons().isEmpty()).reasons();
            assertTrue(reasons.toString().contains("no such"), reasons.toString());
            clock.start();
        } finally {
            clock.start();
            board.start();
        }
        configured.awaitRunning(name);
    }

    @Test
    void everythingThatIsWrongIsSaidAtOnceAndAChangeSetsItRight() throws Exception {
        configured.put(name, Map.of("memory", "much", "swap", "perhaps", "stop", "never", "devices", new String[] {"serial,x"}));
        assertEquals(4, configured.await(name, machine -> !machine.reasons().isEmpty()).reasons().size());
        configured.put(name, properties(drill.console()));
        configured.awaitRunning(name);
    }

    @Test
    void aGuestThatIsNotStartedIsBuiltOnly() throws Exception {
        var properties = properties(drill.console());
        properties.put("autostart", false);
        configured.put(name, properties);
        configured.await(name, machine -> machine.machine().filter(made -> made.phase() == Machine.Phase.CREATED).isPresent());
        properties.put("autostart", true);
        properties.put("memory", "48M");
        configured.put(name, properties);
        assertEquals(48 << 20, configured.awaitRunning(name).memory().size(), "nobody has seen anything of it");
    }

    @Test
    void whatTheMachineNeedsIsStoppedAndItsGuestGoesOnWhenItIsBack() throws Exception {
        for (String stopped : List.of("org.sterna.core.deployment", "org.sterna.core.migration", "org.sterna.core.machine")) {
            anotherName();
            Path console = drill.console();
            var properties = properties(console);
            properties.put("stop", "snapshot");
            properties.put("snapshots", folder.resolve("snapshots").toString());
            configured.put(name, properties);
            configured.awaitRunning(name);
            long seen = Drill.await(console, report -> report.seq() > 1).seq();
            Path snapshot = folder.resolve("snapshots").resolve(name + ".sterna");

            bundle(stopped).stop();
            assertTrue(Files.exists(snapshot), stopped);
            bundle(stopped).start();
            configured.awaitRunning(name);
            assertEquals(0, Drill.await(console, report -> report.seq() > seen + 1).violations());
            assertFalse(Drill.text(console).indexOf("seq=1 ") != Drill.text(console).lastIndexOf("seq=1 "),
                "it was not booted again");
            assertFalse(Files.exists(snapshot), "its disk moves on, so nobody may start from it again");
            configured.delete(name);
            configured.awaitGone(name);
            assertFalse(Files.exists(snapshot), "who deletes a machine does not want it back");
        }
    }

    private AttributeDefinition[] attributes(String bundle, String pid) {
        return metatype.getMetaTypeInformation(bundle(bundle)).getObjectClassDefinition(pid, null)
            .getAttributeDefinitions(ObjectClassDefinition.ALL);
    }

    /** The tables of docs/osgi.md are the reference. */
    @Test
    void thePageSaysWhatMetatypeSays() throws IOException {
        var types = Map.of(AttributeDefinition.STRING, "String", AttributeDefinition.INTEGER, "Integer",
            AttributeDefinition.BOOLEAN, "Boolean");
        var rows = Stream.of(attributes("org.sterna.core.deployment", Configured.FACTORY),
            attributes("org.sterna.core.provisioning", "org.sterna.provisioning")).flatMap(Arrays::stream).map(attribute -> {
            String[] values = attribute.getDefaultValue();
            String text = values == null ? "" : String.join(",", values);
            return "| `" + attribute.getID() + "` | " + types.get(attribute.getType())
                + (attribute.getCardinality() == 0 ? "" : "[]") + " | "
                + (text.isEmpty() ? "" : "`" + text + "` ") + "| " + attribute.getDescription() + " |";
        }).sorted().toList();
        assertEquals(rows, Files.readAllLines(Checkout.file("docs/osgi.md")).stream()
            .filter(line -> line.matches("\\| `[a-z.]+` \\| (String|Integer|Boolean).*")).sorted().toList());
    }

    /** The examples of the page, with this checkout's paths in place of theirs. */
    @Test
    void theExamplesOfThePageAreMachines() throws Exception {
        Path console = drill.console();
        drill.definition("virt-1.0", console, Map.of());
        String[] blocks = Files.readString(Checkout.file("docs/osgi.md"))
            .replace("/images/drill.img", Checkout.file("guest.drill/drill.img").toString())
            .replace("/tmp/guest.console", console.toString())
            .replace("/disks/guest.img", drill.disk(console).toString())
            .split("```\n");
        Path watched = Files.createDirectory(folder.resolve("etc"));
        Configuration watcher = watch(watched);
        try {
            Path file = Files.writeString(watched.resolve("org.sterna.machine-guest.config"), blocks[1]);
            configured.awaitRunning("guest");
            Drill.await(console, report -> report.seq() > 0);
            Files.delete(file);
            configured.awaitGone("guest");
        } finally {
            watcher.delete();
        }
        Bundle bundle = context.installBundle("configured:page",
            new ByteArrayInputStream(bundle("machines.json", blocks[3].replace("~guest", "~another"))));
        try {
            bundle.start();
            configured.awaitRunning("another");
        } finally {
            bundle.uninstall();
        }
        configured.awaitGone("another");
    }

    @Test
    void configurator() throws Exception {
        Path console = drill.console();
        drill.definition("virt-1.0", console, Map.of());
        String devices = String.join("\", \"", Drill.devices(console, drill.disk(console)));
        String json = "{\":configurator:resource-version\": 1, \"org.sterna.machine~" + name + "\": {\"machine\": \"virt-1.0\", "
            + "\"memory\": \"32M\", \"board\": [\"" + String.join("\", \"", Drill.board()) + "\"], \"devices\": [\"" + devices
                + "\"]}}";
        Bundle bundle = context.installBundle("configured:json", new ByteArrayInputStream(bundle("machines.json", json)));
        try {
            bundle.start();
            configured.awaitRunning(name);
            Drill.await(console, report -> report.seq() > 1);
        } finally {
            bundle.uninstall();
        }
        configured.awaitGone(name);
    }

    /** A bundle with a file for the Configurator. */
    private static byte[] bundle(String file, String content) throws IOException {
        var manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", "org.sterna.itests.configured");
        headers.putValue("Require-Capability",
            "osgi.extender;filter:=\"(&(osgi.extender=osgi.configurator)(version>=1.0)(!(version>=2.0)))\"");
        var bytes = new ByteArrayOutputStream();
        try (var jar = new JarOutputStream(bytes, manifest)) {
            jar.putNextEntry(new JarEntry("OSGI-INF/configurator/" + file));
            jar.write(content.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void fileInstall() throws Exception {
        Path console = drill.console();
        drill.definition("virt-1.0", console, Map.of());
        Path watched = Files.createDirectory(folder.resolve("etc"));
        Configuration watcher = watch(watched);
        try {
            Path file = watched.resolve("org.sterna.machine-" + name + ".config");
            Files.writeString(file, config(console, drill.disk(console)));
            Machine machine = configured.awaitRunning(name);
            long seen = Drill.await(console, report -> report.seq() > 1).seq();
            Path other = drill.console();
            Files.writeString(file, config(other, drill.disk(console)));
            assertEquals(0, Drill.await(other, report -> report.seq() > seen + 1).violations());
            assertSame(machine, configured.awaitRunning(name));
            Files.delete(file);
            configured.awaitGone(name);

            anotherName();
            Files.writeString(watched.resolve("org.sterna.machine-" + name + ".cfg"),
                "memory=32M\nboard=" + String.join("\\n", Drill.board())
                + "\ndevices=" + String.join("\\n", Drill.devices(drill.console(), drill.disk(console))) + "\n");
            assertEquals(3, configured.awaitRunning(name).abi().devices().size());
        } finally {
            watcher.delete();
        }
    }

    private Configuration watch(Path watched) throws IOException {
        Configuration watcher = admin.createFactoryConfiguration("org.apache.felix.fileinstall", "?");
        watcher.update(new Hashtable<>(Map.of("felix.fileinstall.dir", watched.toString(), "felix.fileinstall.poll", "100",
            "felix.fileinstall.tmpdir", folder.resolve("tmp").toString())));
        return watcher;
    }

    private static String config(Path console, Path disk) {
        return "machine=\"virt-1.0\"\nmemory=\"32M\"\nboard=[" + quoted(Drill.board()) + "]\ndevices=["
            + quoted(Drill.devices(console, disk))
            + "]\n";
    }

    /** The format has its own use for some characters. */
    private static String quoted(String[] texts) {
        return String.join(",", Arrays.stream(texts).map(text -> "\"" + text.replace("=", "\\=") + "\"").toList());
    }
}
