package org.sterna.launcher.internal.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.sterna.launcher.internal.Json;

class JsonMessagesTest {
    /** A channel that hands out a text in pieces. */
    private static ReadableByteChannel pieces(String text, int size) {
        ByteBuffer all = StandardCharsets.UTF_8.encode(text);
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer into) {
                if (!all.hasRemaining()) {
                    return -1;
                }
                int length = Math.min(size, Math.min(all.remaining(), into.remaining()));
                into.put(all.slice(all.position(), length));
                all.position(all.position() + length);
                return length;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {
            }
        };
    }

    @Provide
    Arbitrary<List<String>> values() {
        return Arbitraries.strings().withChars("ab{}[]\"\\ \n\u00e9").ofMaxLength(20).list().ofMinSize(1).ofMaxSize(5);
    }

    @Property(tries = 300)
    void everyMessageComesOutWholeHoweverItIsCutAndJoined(@ForAll("values") List<String> values,
            @ForAll @IntRange(min = 1, max = 40) int piece, @ForAll boolean lines) throws IOException {
        var text = new StringBuilder();
        for (String value : values) {
            text.append(Json.write(Json.object().put("a", value).set("b", Json.object().put("c", value))));
            text.append(lines ? "\r\n" : "");
        }
        var messages = new JsonMessages(pieces(text.toString(), piece), 10_000);
        for (String value : values) {
            assertEquals(value, Json.read(messages.next()).at("/b/c").asText());
        }
        assertNull(messages.next());
    }

    @Test
    void whatIsTooLongIsSkippedToItsEnd() throws IOException {
        var messages = new JsonMessages(pieces("{\"a\":\"" + "x".repeat(100) + "\"}{\"b\":1}\n", 7), 50);
        assertThrows(JsonMessages.TooLong.class, messages::next);
        assertEquals("{\"b\":1}", new String(messages.next(), StandardCharsets.UTF_8));
        assertNull(messages.next());
    }
}
