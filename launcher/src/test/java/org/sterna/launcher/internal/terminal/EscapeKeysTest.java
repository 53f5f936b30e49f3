package org.sterna.launcher.internal.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EscapeKeysTest {
    @ParameterizedTest
    @CsvSource({"ls, ls, 0", "a^xb, ab, 1", "^x^x, '', 2", "^c, !, 0", "a^ab, a^b, 0", "^^, ^, 0", "x^zy, xy, 0", "a^, a, 0"})
    void takesCommandsOutOfTheInput(String typed, String seen, int quits) throws IOException {
        var count = new AtomicInteger();
        byte[] keys = typed.replace('^', '\1').getBytes(StandardCharsets.US_ASCII);
        try (var input = new EscapeKeys(new ByteArrayInputStream(keys), count::incrementAndGet)) {
            String guest = new String(input.readAllBytes(), StandardCharsets.US_ASCII);
            assertEquals(seen, guest.replace('\1', '^').replace('\3', '!'));
        }
        assertEquals(quits, count.get());
    }

    @Test
    void whoAsksWhatIsAvailableNeverWaits() throws IOException {
        var count = new AtomicInteger();
        try (var typed = new PipedOutputStream(); var input = new EscapeKeys(new PipedInputStream(typed), count::incrementAndGet)) {
            typed.write('\1');
            assertEquals(0, input.available(), "half a command is nothing for the guest");
            typed.write('x');
            assertEquals(0, input.available());
            assertEquals(1, count.get());
            typed.write('k');
            assertEquals(1, input.available());
            assertEquals('k', input.read());
        }
    }
}
