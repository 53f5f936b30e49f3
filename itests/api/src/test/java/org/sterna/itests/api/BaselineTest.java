package org.sterna.itests.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import aQute.bnd.osgi.EmbeddedResource;
import aQute.bnd.osgi.Jar;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodModel;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.file.Files;
import java.util.List;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No version of an exported package says less than what has happened to it since the release; and that this would be seen. */
class BaselineTest {
    private static final String CORE = "org.sterna.core.machine";
    private static final String PACKAGE = "org.sterna.machine.time";
    private static final String CLASS = "org/sterna/machine/time/GuestClock.class";

    static List<String> releasedBundles() throws IOException {
        return Checkout.releasedBundles();
    }

    @ParameterizedTest
    @MethodSource("releasedBundles")
    void versionsSayWhatHasChangedSinceTheRelease(String bundle) throws Exception {
        try (var newer = new Jar(Checkout.built(bundle).toFile()); var older = new Jar(Checkout.released(bundle).toFile())) {
            assertEquals(List.of(), new Baseline(newer, older, Files.readString(Checkout.file("CHANGELOG.md"))).complaints());
        }
    }

    @Test
    void everyBundleThatOthersBuildAgainstIsReleased() throws IOException {
        assertEquals(List.of(CORE, "org.sterna.core.migration", "org.sterna.device.testkit", "org.sterna.device.virtio"),
            releasedBundles());
    }

    @Test
    void aMethodThatIsGoneNeedsAMajorVersionAndALineInTheChangelog() throws Exception {
        ClassTransform gone = ClassTransform.dropping(element -> element instanceof MethodModel method
            && method.methodName().equalsString("blackout"));
        assertComplaint("needs 2.0.0", gone, "1.0.0", "");
        assertComplaint("needs 2.0.0", gone, "1.1.0", "");
        assertComplaint("CHANGELOG.md does not say", gone, "2.0.0", "");
        assertEquals(List.of(), complaints(gone, "2.0.0", "- `" + PACKAGE + "` 2.0: nobody asks for the blackout any more."));
    }

    @Test
    void aMethodThatIsNewNeedsAMinorVersion() throws Exception {
        ClassTransform more = ClassTransform.endHandler(type -> type.withMethodBody("more",
            MethodTypeDesc.of(ConstantDescs.CD_void), ClassFile.ACC_PUBLIC, code -> code.return_()));
        assertComplaint("needs 1.1.0", more, "1.0.0", "");
        assertEquals(List.of(), complaints(more, "1.1.0", ""));
    }

    private static void assertComplaint(String expected, ClassTransform change, String version, String changelog)
            throws Exception {
        List<String> complaints = complaints(change, version, changelog);
        assertEquals(1, complaints.size(), complaints::toString);
        assertTrue(complaints.getFirst().contains(expected), complaints::toString);
    }

    /** About the released bundle with one class and the version of its package changed. */
    private static List<String> complaints(ClassTransform change, String version, String changelog) throws Exception {
        try (var older = new Jar(Checkout.released(CORE).toFile()); var newer = new Jar(Checkout.released(CORE).toFile())) {
            byte[] before = newer.getResource(CLASS).buffer().array();
            byte[] after = ClassFile.of().transformClass(ClassFile.of().parse(before), change);
            newer.putResource(CLASS, new EmbeddedResource(after, 0));
            Manifest manifest = newer.getManifest();
            String exports = manifest.getMainAttributes().getValue("Export-Package");
            manifest.getMainAttributes().putValue("Export-Package", exports.replaceFirst(
                "(" + PACKAGE.replace(".", "\\.") + ";(?:uses:=\"[^\"]*\";)?version=)\"1\\.0\\.0\"", "$1\"" + version + "\""));
            // Of the bundle's own version nothing is asked here.
            manifest.getMainAttributes().putValue("Bundle-Version", "99.0.0");
            return new Baseline(newer, older, changelog).complaints();
        }
    }
}
