package org.sterna.testkit.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbiBaselinesTest {
    @TempDir
    Path folder;
    @TempDir
    Path types;

    private AbiBaselines versions(String... versions) {
        return AbiBaselines.of(new Toy(), folder).versions(versions);
    }

    private static void write(AbiBaseline baseline) {
        System.setProperty(AbiBaseline.WRITE, "true");
        baseline.verify();
        System.clearProperty(AbiBaseline.WRITE);
    }

    @AfterEach
    void nothingMoreIsWritten() {
        System.clearProperty(AbiBaseline.WRITE);
    }

    private static String red(AbiBaseline baseline) {
        return assertThrows(AssertionError.class, baseline::verify).getMessage();
    }

    @Test
    void aMissingBaselineIsAFailureThatSaysHowToWriteIt() {
        assumeTrue(System.getenv(AbiBaseline.WRITE_ALL) == null, "in this build missing baselines are written");
        AbiBaseline baseline = versions("1.0").named("abi-1.0");
        String message = red(baseline);
        assertTrue(message.contains(folder.resolve("abi-1.0/toy.txt") + " is missing"), message);
        assertTrue(message.contains("-Dsterna.abi.write=true"), message);
        assertFalse(Files.exists(folder.resolve("abi-1.0")));
        write(baseline);
        baseline.verify();
    }

    @Test
    void whatWasFrozenIsNeverWrittenAgain() throws IOException {
        AbiBaseline baseline = versions("1.0").named("abi-1.0");
        write(baseline);
        String frozen = Files.readString(baseline.file());
        AbiBaseline changed = baseline.madeBy("a mutant", Mutant.of(new Toy()).reading(Toy.LEVEL, 1, value -> 4));
        System.setProperty(AbiBaseline.WRITE, "true");
        String message = red(changed);
        assertTrue(message.contains("reset read 0x000/1: was 03, is 04"), message);
        assertTrue(message.contains("A guest of abi-1.0 sees something else of toy (ABI 1.0, made by a mutant)"), message);
        assertEquals(frozen, Files.readString(baseline.file()));
    }

    @Test
    void whatIsAnotherEachTimeIsNotFrozen() {
        var baseline = versions("1.0").named("abi-1.0").madeBy("a clock", new Toy(Toy.Fault.SHOWS_CHANCE));
        System.setProperty(AbiBaseline.WRITE, "true");
        String message = red(baseline);
        assertTrue(message.contains("was not written, since a clock shows something else each time"), message);
        assertFalse(Files.exists(baseline.file()));
    }

    @Test
    void aMachineTypeIsReadFromItsDataFile() throws IOException {
        machineType("1.0");
        AbiBaselines baselines = AbiBaselines.of(new Toy(), folder).machineTypes(types);
        write(baselines.named("shelf-1.0"));
        assertTrue(Files.readString(folder.resolve("shelf-1.0/toy.txt")).startsWith("# toy, ABI 1.0"));
        machineType("1.1");
        String message = red(AbiBaselines.of(new Toy(), folder).machineTypes(types).named("shelf-1.0"));
        assertTrue(message.contains("shelf-1.0 was frozen with toy under ABI 1.0 and now has toy under ABI 1.1"), message);
    }

    @Test
    void aMachineTypeThatNeedsMoreIsAFailure() throws IOException {
        machineType("1.2");
        String message = red(AbiBaselines.of(new Toy(), folder).machineTypes(types).named("shelf-1.0"));
        assertEquals("shelf-1.0 gives toy ABI 1.2, and the code as it is offers no more than ABI 1.1", message);
    }

    private void machineType(String abi) throws IOException {
        Files.writeString(types.resolve("shelf-1.0.json"), """
            {"family": "shelf", "version": "1.0", "board": "shelf", "processor": "none",
             "abi": {"shelf": "1.0", "none": "1.0", "toy": "%s"}}""".formatted(abi));
    }

    @Test
    void aVariantHasABaselineOfItsOwnWhereItsPropertiesExist() throws IOException {
        AbiBaselines baselines = versions("1.0", "1.1").variant("light", Map.of("shade", "light"));
        baselines.all().forEach(AbiBaselinesTest::write);
        assertFalse(Files.exists(folder.resolve("abi-1.0/toy-light.txt")));
        assertEquals(AbiProbe.of(new Toy()).run().text(), Files.readString(folder.resolve("abi-1.1/toy.txt")));
        assertEquals(AbiProbe.of(new Toy()).with("shade", "light").run().text(),
            Files.readString(folder.resolve("abi-1.1/toy-light.txt")));
    }

    @Test
    void whatWasFrozenMustStayAvailable() {
        write(versions("1.0").named("abi-1.0"));
        AbiBaselines later = versions("1.1");
        String message = assertThrows(AssertionError.class, () -> later.provideTestTemplateInvocationContexts(null))
            .getMessage();
        assertEquals("toy was frozen for abi-1.0, which no longer exist or no longer have it", message);
    }
}
