package org.sterna.provisioning.internal;

import aQute.bnd.osgi.resource.ResourceBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.osgi.resource.Resource;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.provisioning.internal.download.RegularFile;

/** A folder of jars that is a repository. */
final class JarFolder {
    private static final int MAX_JARS = 2_000;
    private static final int MAX_MANIFEST = 1 << 20;

    private JarFolder() {
    }

    /**
     * What it holds; jars that are no bundles have no capabilities.
     *
     * @throws MachineException if something in it that is called a jar is none, or cannot be read
     */
    static List<Resource> read(Path folder) {
        var resources = new ArrayList<Resource>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
            for (Path file : files) {
                if (resources.size() == MAX_JARS) {
                    throw MachineException.failed(folder.toString(), "", "it has more than " + MAX_JARS + " jars",
                        "give the folder an index");
                }
                resources.add(jar(file));
            }
        } catch (IOException e) {
            throw MachineException.failed(folder.toString(), "", "cannot be read: " + Reason.causeOf(e), "");
        }
        return resources;
    }

    private static Resource jar(Path file) {
        var builder = new ResourceBuilder();
        try {
            RegularFile.check(file);
            Manifest manifest = manifest(file);
            if (manifest != null && builder.addManifest(manifest)) {
                builder.addContentCapability(file.toUri(), Digest.of(file), Files.size(file), null);
            }
        } catch (IOException e) {
            throw MachineException.failed(file.toString(), "", "this is no jar: " + Reason.causeOf(e),
                "take it out of the folder");
        }
        return builder.build();
    }

    private static Manifest manifest(Path file) throws IOException {
        try (var jar = new ZipFile(file.toFile())) {
            ZipEntry entry = jar.getEntry(JarFile.MANIFEST_NAME);
            if (entry == null) {
                return null;
            }
            try (InputStream in = jar.getInputStream(entry)) {
                byte[] bytes = in.readNBytes(MAX_MANIFEST + 1);
                if (bytes.length > MAX_MANIFEST) {
                    throw new IOException("its manifest is longer than " + MAX_MANIFEST + " bytes");
                }
                return new Manifest(new ByteArrayInputStream(bytes));
            }
        }
    }
}
