package org.sterna.testkit.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.testkit.DeviceBench;
import org.sterna.testkit.conformance.Gadget.Fault;

/** Each check lets a good device pass, and sees what it is for. */
class ConformanceTest {
    private static final long BUFFER = DeviceBench.MEMORY_BASE + 0x2000;

    @TempDir
    static Path folder;

    /** A good device passes everything, with a release before it. */
    @Nested
    class AGoodDevice extends DeviceConformance {
        @Override
        protected Conformance conformance() {
            return conformanceOf(new Gadget()).releases(release(), "gadget-*.jar");
        }
    }

    private static Conformance conformanceOf(DeviceFactory factory) {
        return Conformance.of(factory, ConformanceTest::script);
    }

    private static void script(ScriptedGuest guest) {
        guest.write(Gadget.ADDRESS, 4, BUFFER);
        for (int i = 1; i <= 5; i++) {
            int value = guest.random().nextInt();
            guest.write(Gadget.VALUE, 4, value);
            guest.write(Gadget.STORE, 4, 1);
            guest.bench().await("the interrupt", () -> guest.bench().interruptLevel());
            guest.noteMemory("stored", BUFFER, 4);
            guest.note("value", guest.read(Gadget.VALUE, 4));
            guest.note("interrupt", guest.bench().interruptLevel());
            guest.write(Gadget.ACKNOWLEDGE, 4, 1);
            guest.note("count", guest.read(Gadget.COUNT, 4));
        }
    }

    /** A driver of the newest version, which uses what the first release does not have. */
    private static void scriptWithScratch(ScriptedGuest guest) {
        guest.write(Gadget.SCRATCH, 4, 7);
        guest.note("scratch", guest.read(Gadget.SCRATCH, 4));
        guest.note("scratch again", guest.read(Gadget.SCRATCH, 4));
    }

    /** A folder with a jar of the first release. */
    private static Path release() {
        Path jar = folder.resolve("gadget-1.0.0.jar");
        if (Files.exists(jar)) {
            return folder;
        }
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Service-Component", "OSGI-INF/gadget.xml");
        manifest.getMainAttributes().putValue("Bundle-Version", "1.0.0");
        Path compiled = Path.of("target/test-classes", Gadget.class.getPackageName().split("\\."));
        try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest); var classes = Files.list(compiled)) {
            out.putNextEntry(new JarEntry("OSGI-INF/gadget.xml"));
            out.write(("<implementation class=\"" + Gadget.FirstRelease.class.getName() + "\"/>").getBytes());
            for (Path type : classes.filter(file -> file.getFileName().toString().startsWith("Gadget")).toList()) {
                out.putNextEntry(new JarEntry(Gadget.class.getPackageName().replace('.', '/') + "/" + type.getFileName()));
                Files.copy(type, out);
            }
            return folder;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertFound(String expected, Executable check) {
        AssertionError found = assertThrows(AssertionError.class, check);
        assertTrue(found.getMessage().contains(expected), found::getMessage);
    }

    @Test
    void aFieldThatTheStateForgets() {
        assertFound("the guest noted 'count = 1' instead of 'count = ",
            () -> conformanceOf(new Gadget(Fault.FORGETS_THE_COUNT)).stateRoundTrip());
    }

    @Test
    void aStateThatIsNeverTheSame() {
        assertFound("state() gives something else each time",
            () -> conformanceOf(new Gadget(Fault.STATE_IS_NEVER_THE_SAME)).stateRoundTrip());
    }

    @Test
    void aWriteThatIsNotMarked() {
        assertFound("guest memory was written at 0x80002000 without a mark",
            () -> conformanceOf(new Gadget(Fault.DOES_NOT_MARK)).stateRoundTrip());
    }

    @Test
    void anInterruptLineThatIsNotDrivenAgain() {
        assertFound("the interrupt line was high", () -> conformanceOf(new Gadget(Fault.FORGETS_THE_LINE)).stateRoundTrip());
    }

    @Test
    void aScriptThatNotesNothing() {
        assertFound("the script notes nothing", () -> Conformance.of(new Gadget(), guest -> guest.read(0, 4)).stateRoundTrip());
    }

    @Test
    void anUpgradeThatIsRefused() {
        assertFound("is refused: scratch: the new version needs it and has no default",
            () -> conformanceOf(new Gadget.IllConsidered()).releases(release(), "gadget-*.jar").versionSkew());
    }

    @Test
    void anUpgradeThatLosesSomething() {
        assertFound("the new implementation holds something else after it was restored", () ->
            conformanceOf(new Gadget(Fault.FORGETS_THE_COUNT)).releases(release(), "gadget-*.jar").versionSkew());
    }

    @Test
    void aDriverThatUsesWhatAnOlderReleaseLacksButItsAbiPromises() {
        assertFound("the guest noted 'scratch again = 0' instead of 'scratch again = 7'", () -> Conformance
            .of(new Gadget(), ConformanceTest::scriptWithScratch).releases(release(), "gadget-*.jar").versionSkew());
    }

    @Test
    void anExceptionThatAGuestCanCause() {
        assertFound("nobody reads eight bytes", () -> conformanceOf(new Gadget(Fault.THROWS)).hostileGuest());
    }

    @Test
    void anExceptionBehindEveryonesBack() {
        assertFound("GuestAddressException", () -> conformanceOf(new Gadget(Fault.THROWS_LATER)).hostileGuest());
    }

    @Test
    void aWriteToWhereNobodyPointed() {
        assertFound("where the guest has never pointed to",
            () -> conformanceOf(new Gadget(Fault.WRITES_ELSEWHERE)).hostileGuest());
    }

    @Test
    void aRegisterThatSurvivesAReset() {
        assertFound("after a reset the device is not what it was",
            () -> conformanceOf(new Gadget(Fault.SURVIVES_RESET)).hostileGuest());
    }

    @Test
    void aDeviceThatDoesNotComeBack() {
        Implementation hanging = Implementation.current(new Gadget(Fault.NEVER_RETURNS));
        assertFound("does not come back", () -> new HostileGuest(hanging, Map.of(), 1,
            Duration.ofSeconds(1)).verify());
    }

    @Test
    void somethingThatRunsOutAfterManySwaps() {
        assertFound("there are no more handles", () -> conformanceOf(new Gadget(Fault.KEEPS_HANDLES)).swapSoak());
    }

    @Test
    void aClassLoaderThatIsKept() {
        try {
            assertFound("is still held", () -> new LeakCheck(conformanceOf(new Gadget.Kept()), Duration.ofSeconds(1)).verify());
        } finally {
            System.getProperties().keySet().removeIf(key -> !(key instanceof String));
        }
    }

    @Test
    void aBackgroundReaderThatIgnoresThatItIsToldToEnd() {
        try {
            assertFound("a background reader has not ended",
                () -> conformanceOf(new Gadget(Fault.READER_NEVER_ENDS)).patience(Duration.ofSeconds(1)).backgroundReaders());
        } finally {
            Gadget.endReaders();
        }
    }

    @Test
    void aBackgroundReaderThatThrowsBeforeItIsToldToEnd() {
        assertFound("the reader does not like it", () -> conformanceOf(new Gadget(Fault.READER_THROWS)).backgroundReaders());
    }

    @Test
    void thePageForDeviceAuthorsShowsTheReaderOfTheGoodDevice() throws IOException {
        String page = Files.readString(Path.of("../docs/plugin-author.md"));
        String shown = page.substring(page.indexOf("    context.background("));
        shown = shown.substring(0, shown.indexOf("```")).strip();
        String gadget = Files.readString(Path.of("src/test/java/org/sterna/testkit/conformance/Gadget.java"));
        assertTrue(gadget.contains(shown.replace("\n", "\n        ")), shown);
    }

    @Test
    void aPropertyThatIsLockedTooLate() {
        var late = assertThrows(IllegalStateException.class,
            () -> new DeviceBench(new Gadget(Fault.LOCKS_LATE), Map.of()).close());
        assertEquals("size can be locked only in attach", late.getMessage());
    }
}
