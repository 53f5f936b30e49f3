package org.sterna.itests.process;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The features repository names exactly the bundles that every process has, in the versions of this build. */
class KarafFeaturesTest {
    /** What Karaf has of its own, the command line, and provisioning with what it needs, which so far only the command line offers. */
    private static final Pattern OF_KARAF = Pattern.compile("(org\\.apache\\.felix\\.scr|org\\.osgi\\.|picocli"
        + "|org\\.sterna\\.core\\.provisioning|biz\\.aQute\\.|org\\.apache\\.felix\\.resolver).*");
    private static final Pattern BUNDLE = Pattern.compile("<bundle[^>]*>mvn:[^/]+/([^/]+)/([^<]+)</bundle>");

    @Test
    void theBundlesAreThoseOfTheBuild() throws IOException {
        var named = new TreeSet<String>();
        String features = Files.readString(Sterna.root().resolve("karaf/target/features.xml"));
        for (var matcher = BUNDLE.matcher(features); matcher.find();) {
            named.add(matcher.group(1) + "-" + matcher.group(2) + ".jar");
        }
        var built = new TreeSet<String>();
        for (String folder : new String[] {"launcher/target/bundles", "launcher/target/devices", "core.deployment/target",
            "core.gogo/target"}) {
            try (Stream<Path> files = Files.list(Sterna.root().resolve(folder))) {
                files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jar") && !OF_KARAF.matcher(name).matches())
                    .forEach(built::add);
            }
        }
        assertEquals(built, named);
    }
}
