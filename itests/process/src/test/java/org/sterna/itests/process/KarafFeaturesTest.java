package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The features name exactly the bundles that every process has, in the versions of this build; and each is in the repository. */
class KarafFeaturesTest {
    /** Only the command line needs the first, and only consoles of Karaf the second. */
    private static final Pattern OF_ONE = Pattern.compile("(picocli|org\\.apache\\.felix\\.gogo\\.command)-.*");
    private static final Pattern BUNDLE = Pattern.compile("<bundle[^>]*>mvn:([^/]+)/([^/]+)/([^<]+)</bundle>");

    @Test
    void theBundlesAreThoseOfTheBuild() throws IOException {
        var named = new TreeSet<String>();
        Path karaf = Sterna.root().resolve("karaf/target");
        for (var matcher = BUNDLE.matcher(Files.readString(karaf.resolve("features.xml"))); matcher.find();) {
            String jar = matcher.group(2) + "-" + matcher.group(3) + ".jar";
            Path file = karaf.resolve("repository").resolve(matcher.group(1).replace('.', '/'))
                .resolve(matcher.group(2)).resolve(matcher.group(3)).resolve(jar);
            assertTrue(Files.exists(file), file::toString);
            named.add(jar);
        }
        var built = new TreeSet<String>();
        for (String folder : new String[] {"launcher/target/bundles", "launcher/target/devices", "core.deployment/target",
            "core.gogo/target"}) {
            try (Stream<Path> files = Files.list(Sterna.root().resolve(folder))) {
                files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".jar")).forEach(built::add);
            }
        }
        named.removeIf(OF_ONE.asMatchPredicate());
        built.removeIf(OF_ONE.asMatchPredicate());
        assertEquals(built, named);
    }
}
