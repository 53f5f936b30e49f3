package org.sterna.itests.bundles;

import aQute.bnd.osgi.repository.XMLResourceGenerator;
import aQute.bnd.osgi.resource.ResourceBuilder;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.osgi.resource.Resource;

/**
 * A repository in a folder: jars, and an index that is made by bnd.
 *
 * @param folder the folder
 */
record JarRepository(Path folder) {
    /** Puts a copy of a jar in. */
    Path put(Path jar) throws IOException {
        return Files.copy(jar, folder.resolve(jar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Where the index is. */
    Path index() {
        return folder.resolve("index.xml");
    }

    /** Makes the index anew; it names the jars as its neighbours. */
    void makeIndex() throws Exception {
        var index = new XMLResourceGenerator().name("test").base(folder.toUri());
        try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder, "*.jar")) {
            for (Path jar : jars) {
                index.resource(resource(jar));
            }
        }
        index.save(index().toFile());
    }

    /** A jar as a repository sees it. */
    static Resource resource(Path jar) {
        return ResourceBuilder.parse(jar.toFile(), jar.toUri());
    }
}
