package org.sterna.provisioning.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import aQute.bnd.osgi.resource.ResourceBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.resource.Resource;
import org.sterna.machine.InstalledModel.Kind;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.provisioning.internal.download.Deadline;
import org.sterna.provisioning.internal.download.Download;

/** Why something cannot be had, over several bundles. */
class ChainTest {
    private static final String DISK = "org.sterna.device;org.sterna.device=disk;abi:Version='%s';state:Long=%d;"
        + "features:List<String>='%s'";

    private final List<Resource> resources = new ArrayList<>();

    private static Manifest manifest(String name, String version, String... headers) {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Bundle-ManifestVersion", "2");
        manifest.getMainAttributes().putValue("Bundle-SymbolicName", name);
        manifest.getMainAttributes().putValue("Bundle-Version", version);
        for (int i = 0; i < headers.length; i += 2) {
            manifest.getMainAttributes().putValue(headers[i], headers[i + 1]);
        }
        return manifest;
    }

    private void bundle(String name, String version, String... headers) {
        var builder = new ResourceBuilder();
        builder.addManifest(manifest(name, version, headers));
        builder.addContentCapability(URI.create("file:/" + name + "-" + version), "0".repeat(64), 1, null);
        resources.add(builder.build());
    }

    private void disk(String version, String abi, int state, String features, String... headers) {
        var more = new ArrayList<>(List.of("Provide-Capability", DISK.formatted(abi, state, features)));
        more.addAll(List.of(headers));
        bundle("disk", version, more.toArray(String[]::new));
    }

    private static WantedModel wanted(String abi, int state, String bundle, String... features) {
        return new WantedModel(Kind.DEVICE, "/disk@0", "disk", AbiVersion.parse(abi), new TreeSet<>(Set.of(features)),
            state,
            bundle);
    }

    private Optional<String> broken(Wanted wanted) {
        var catalog = new Catalog(resources);
        return new Chain(catalog, new Selection(catalog, Map.of(), List.of())).broken(wanted);
    }

    private static Catalog catalog(String repository) {
        try (var download = new Download(Deadline.in(Duration.ofMinutes(1)))) {
            return Catalog.of(download, List.of(repository));
        }
    }

    @Test
    void whatIsOfferedIsCompared() {
        disk("1.2.0", "1.2", 1, "flush");
        disk("2.0.0", "2.0", 3, "flush,discard");
        assertEquals(Optional.of("disk of ABI 1.3 with discard for /disk@0; disk 2.0.0 offers ABI 2.0; disk 1.2.0"
            + " offers ABI 1.2"
            + " only and has no discard"), broken(wanted("1.3", 0, "", "discard")));
        assertEquals(Optional.of("disk of ABI 1.0 with state version 2 for /disk@0; disk 2.0.0 offers ABI 2.0; disk"
            + " 1.2.0 has"
            + " state version 1 only"), broken(wanted("1.0", 2, "")));
        assertEquals(Optional.of("disk 1.1.0 of ABI 1.0 for /disk@0; disk 2.0.0 offers ABI 2.0 and is another"
            + " version; disk 1.2.0"
            + " is another version"), broken(wanted("1.0", 0, "1.1.0")));
        assertEquals(Optional.empty(), broken(wanted("1.0", 1, "1.2.0", "flush")));
    }

    @Test
    void whatIsNotOfferedAtAllIsSaidWithWhatIs() {
        assertEquals(Optional.of("disk of ABI 1.0 for /disk@0; nothing in the repository offers disk"),
            broken(wanted("1.0", 0, "")));
        disk("1.0.0", "1.0", 1, "");
        assertEquals(Optional.of("machine type virt-9.0 for the machine; nothing in the repository offers virt-9.0"),
            broken(new WantedMachineType("virt-9.0")));
        assertEquals(Optional.of("a translator of disk between the state versions 1 and 2 for /disk@0; nothing in"
            + " the repository"
            + " offers disk"), broken(new WantedTranslator("/disk@0", "disk", 1, 2)));
    }

    @Test
    void theChainGoesDownToWhatNobodyOffers() {
        disk("1.1.0", "1.0", 1, "", "Import-Package", "a;version='[1.1,2)'");
        bundle("a", "1.0.0", "Export-Package", "a;version=1.1", "Import-Package",
            "b;version='[3.0,4)',c;resolution:=optional");
        bundle("b", "1.0.0", "Export-Package", "b;version=2.0");
        assertEquals(Optional.of("disk of ABI 1.0 for /disk@0; disk 1.1.0 would do, but needs the package a from"
            + " 1.1.0 to below"
            + " 2.0.0; a 1.0.0 would do, but needs the package b from 3.0.0 to below 4.0.0, which nothing offers"),
            broken(wanted("1.0", 0, "")));
        bundle("b", "2.0.0", "Export-Package", "b;version=3.1", "Import-Package", "a");
        assertEquals(Optional.empty(), broken(wanted("1.0", 0, "")),
            "bundles may need one another, and do without what is optional");
    }

    @Test
    void aNameIsNoPartOfAFilter() {
        disk("1.0.0", "1.0", 1, "");
        var everything = new WantedModel(Kind.DEVICE, "/x", "*)(abi=*", null, new TreeSet<>(), 0, "");
        assertTrue(broken(everything).isPresent());
    }

    @Test
    void aFolderOfJarsIsReadAndWhatIsNoBundleIsLeftOut(@TempDir Path folder) throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve("a.jar"))) {
            new JarOutputStream(out, manifest("a", "1.0.0")).close();
        }
        try (OutputStream out = Files.newOutputStream(folder.resolve("plain.jar")); var jar = new JarOutputStream(out)) {
            jar.putNextEntry(new java.util.jar.JarEntry("x"));
        }
        for (String name : List.of(folder.toString(), folder.toUri().toString())) {
            var found = catalog(name).resources();
            assertEquals(List.of("a 1.0.0"), found.stream().map(Catalog::describe).toList());
            assertEquals(Digest.of(folder.resolve("a.jar")), Catalog.digest(found.getFirst()));
        }
    }

    @Test
    void whatNamesNoRepositoryIsRefusedWithItsName() {
        for (String wrong : List.of("/no/such/index.xml", "ftp://example.com/index.xml", "http:// ")) {
            var refusal = assertThrows(MachineException.class, () -> catalog(wrong));
            assertTrue(refusal.getMessage().contains(wrong), refusal.getMessage());
        }
    }

    @Test
    void whatCanBeSeenToBeWrongWithoutReadingIsSaidTogether(@TempDir Path folder) {
        Catalog.check(List.of(folder.toString(), folder.toUri().toString(), "http://example.com/index.xml"));
        var refusal = assertThrows(MachineException.class,
            () -> Catalog.check(List.of("/no/such/index.xml", folder.toString(), "ftp://example.com/index.xml",
                "http:// ")));
        assertEquals(List.of("/no/such/index.xml", "ftp://example.com/index.xml", "http:// "),
            refusal.reasons().stream().map(reason -> reason.subject()).toList());
    }
}
