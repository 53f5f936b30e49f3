package org.sterna.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.EOFException;
import java.io.IOException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReasonTest {
    @Test
    void whatAPeerSaidStaysOnOneLineAndDoesNotReachTheTerminalAsCommands() {
        assertEquals("/t\\x0amer@0: \\x1b[2Jis bad (wait)", Reason.of("/t\nmer@0", "\u001b[2Jis bad", "wait").toString());
    }

    @Test
    void aFailureThatSaysNothingIsNamed() {
        assertEquals("IllegalStateException", Reason.causeOf(new IllegalStateException()));
        assertEquals("IllegalStateException", Reason.causeOf(new IllegalStateException("")));
        assertEquals("no room", Reason.causeOf(new IllegalStateException("no room")));
        assertEquals("first", Reason.causeOf(new IllegalStateException("\nfirst\nsecond")));
    }

    @Test
    void whatHasOnlyTheNameOfAFileForAMessageIsSaidInWords(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Path none = folder.resolve("none");
        assertEquals("there is no " + none, causeOf(() -> Files.size(none)));
        assertEquals(file + " is there already", causeOf(() -> Files.createFile(file)));
        assertEquals(file + " is no folder", causeOf(() -> Files.newDirectoryStream(file).close()));
        assertEquals("the folder " + folder + " is not empty", causeOf(() -> Files.delete(folder)));
        assertEquals("no permission for /x", Reason.causeOf(new AccessDeniedException("/x")));
        assertEquals("the file system refuses /x", Reason.causeOf(new FileSystemException("/x")));
        assertEquals("/x: Device or resource busy",
            Reason.causeOf(new FileSystemException("/x", null, "Device or resource busy")));
        assertEquals("its text is not UTF-8",
            causeOf(() -> StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(new byte[] {-1}))));
    }

    @Test
    void whatALineOrAWaitSaysByItsClassIsSaidInWords() {
        assertEquals("no such host", Reason.causeOf(new UnknownHostException("nowhere")));
        assertEquals("no such host", Reason.causeOf(new UnresolvedAddressException()));
        assertEquals("it was closed", Reason.causeOf(new ClosedChannelException()));
        assertEquals("it ends too early", Reason.causeOf(new EOFException()));
        assertEquals("it took too long", Reason.causeOf(new TimeoutException()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"a\": 1, \"a\": 2} | not JSON: 'a' is there twice, in line 1, column 13",
        "{\"a\": [1            | not JSON: it ends too early, in line 1, column 9",
        "{\"a\" 1}            | not JSON: it cannot be read, in line 1, column 6"})
    void aParserIsNotQuoted(String text, String words) {
        assertEquals(words, causeOf(() -> {
            try (JsonParser parser = new JsonFactory().createParser(text)) {
                parser.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
                while (parser.nextToken() != null) {
                    parser.getText();
                }
            }
        }));
    }

    private static String causeOf(Executable action) {
        return Reason.causeOf(assertThrows(IOException.class, action));
    }
}
