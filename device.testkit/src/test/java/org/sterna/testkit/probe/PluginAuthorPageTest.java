package org.sterna.testkit.probe;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page for device authors shows what compiles, runs and is said. */
class PluginAuthorPageTest {
    private static final Pattern BLOCK = Pattern.compile("```(\\w*)\\n(.*?)```", Pattern.DOTALL);

    private static String section() throws IOException {
        String page = Files.readString(Path.of("../docs/plugin-author.md"));
        return page.substring(page.indexOf("## 6. "), page.indexOf("## 7. "));
    }

    private static List<String> blocks(String language) throws IOException {
        return BLOCK.matcher(section()).results().filter(block -> block.group(1).equals(language))
            .map(block -> block.group(2)).toList();
    }

    @Test
    void itsExampleIsATestOfThisModule() throws IOException {
        String source = Files.readString(Path.of("src/test/java/org/sterna/testkit/probe/ToyAbiTest.java"));
        assertFalse(blocks("java").isEmpty());
        blocks("java").forEach(block -> assertTrue(source.contains(block), () -> "ToyAbiTest does not have\n" + block));
    }

    @Test
    void itsFactsAreMeasured() throws IOException {
        String baseline = Files.readString(Path.of("src/test/abi/abi-1.1/toy.txt"));
        assertFalse(blocks("text").isEmpty());
        blocks("text").forEach(block -> block.lines()
            .forEach(line -> assertTrue(baseline.contains(line + "\n"), () -> "the toy's baseline does not say " + line)));
    }

    @Test
    void itsCommandNamesTheTestAndTheSwitch() throws IOException {
        assertTrue(blocks("").contains(
            "mvn test -Dtest=" + ToyAbiTest.class.getSimpleName() + " -D" + AbiBaseline.WRITE + "=true\n"));
    }
}
