package org.sterna.cpu.riscv64.internal.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command, on files that are made here. */
class RiscvTestsTest {
    private static final long RAM = 0x8000_0000L;
    private static final long TOHOST = RAM + 0x1000;
    @TempDir
    Path directory;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** An executable with one segment, and a symbol table that has {@code tohost}. */
    private static byte[] elf(int... code) {
        var file = ByteBuffer.allocate(0x300).order(ByteOrder.LITTLE_ENDIAN);
        file.put(0, new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        file.putShort(16, (short) 2).putShort(18, (short) 243).putLong(24, RAM).putLong(32, 0x40).putLong(40, 0x80)
            .putShort(54, (short) 56).putShort(56, (short) 1).putShort(58, (short) 64).putShort(60, (short) 3);
        file.putInt(0x40, 1).putLong(0x48, 0x200).putLong(0x58, RAM).putLong(0x60, 4L * code.length);
        file.putInt(0xc0 + 4, 2).putLong(0xc0 + 24, 0x180).putLong(0xc0 + 32, 48).putInt(0xc0 + 40, 2);
        file.putInt(0x100 + 4, 3).putLong(0x100 + 24, 0x1c0).putLong(0x100 + 32, 8);
        file.putInt(0x180 + 24, 1).putLong(0x180 + 24 + 8, TOHOST);
        file.put(0x1c1, "tohost".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < code.length; i++) {
            file.putInt(0x200 + 4 * i, code[i]);
        }
        return file.array();
    }

    /** AUIPC, ADDI, SD, and a jump to itself: writes a result to tohost. */
    private static byte[] reporting(int result) {
        return elf(0x1297, result << 20 | 0x313, 0x0062b023, 0x6f);
    }

    private int run(String... arguments) {
        return new RiscvTests().run(List.of(arguments), new PrintStream(out), new PrintStream(err));
    }

    @Test
    void allPass() throws IOException {
        Files.write(directory.resolve("b"), reporting(1));
        Files.write(directory.resolve("a"), reporting(1));
        Files.writeString(directory.resolve("a.dump"), "not an executable");
        assertEquals(0, run(directory.toString()));
        assertEquals(List.of("pass  a", "pass  b", "2 of 2 passed"), out.toString().lines().toList());
    }

    @Test
    void failuresHangsAndBrokenFilesAreToldApart() throws IOException {
        Files.write(directory.resolve("fails"), reporting(5 << 1 | 1));
        Files.write(directory.resolve("hangs"), elf(0x6f));
        Files.write(directory.resolve("passes"), reporting(1));
        Files.write(directory.resolve("sleeps"), elf(0x10500073, 0xffdff06f));
        Files.write(directory.resolve("truncated"), Arrays.copyOf(reporting(1), 100));
        assertEquals(1, run(directory.toString(), "--json"));
        String json = out.toString();
        assertTrue(json.startsWith("{\"passed\":1,\"total\":5,"), json);
        assertTrue(json.contains("{\"file\":\"fails\",\"passed\":false,\"detail\":\"test 5 failed\"}"), json);
        assertTrue(json.contains("{\"file\":\"hangs\",\"passed\":false,\"detail\":\"no result after "), json);
        assertTrue(json.contains("{\"file\":\"sleeps\",\"passed\":false,\"detail\":\"no result after "), json);
        assertTrue(json.contains("{\"file\":\"truncated\",\"passed\":false,\"detail\":\"an offset lies"), json);
    }

    @Test
    void anEmptyDirectoryIsNoSuccess() {
        assertEquals(1, run(directory.toString()));
    }

    @Test
    void usageAndMissingDirectories() {
        assertEquals(2, run());
        assertEquals(2, run("--other", "x", "y"));
        assertEquals(1, run(directory.resolve("none").toString()));
        assertTrue(err.toString().contains("cannot read the directory"));
    }

    @Provide
    Arbitrary<Integer> places() {
        return Arbitraries.integers().between(0, 0x1ff);
    }

    @Property(tries = 500)
    void brokenFilesGiveAnErrorAndNothingElse(@ForAll("places") int place, @ForAll byte value) throws IOException {
        byte[] content = reporting(1);
        content[place] = value;
        Path file = Files.createTempFile("broken", ".elf");
        try {
            Files.write(file, content);
            SuiteRun.Result result = SuiteRun.of(file, 10_000);
            assertEquals(result.passed(), result.detail().isEmpty());
        } finally {
            Files.delete(file);
        }
    }
}
