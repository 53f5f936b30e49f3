package org.sterna.machine.text;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.EOFException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a failure says, in words for people: many exceptions of the platform have no message, or only the name of a
 * file, and those of a parser speak of the parser.
 */
public final class CauseText {
    private static final Pattern DUPLICATE = Pattern.compile("Duplicate field '(.*)'", Pattern.DOTALL);

    private CauseText() {
    }

    /**
     * The words.
     *
     * @return one line, never empty
     */
    public static String of(Throwable failure) {
        return switch (failure) {
            case NoSuchFileException missing -> "there is no " + missing.getFile();
            case AccessDeniedException denied -> "no permission for " + denied.getFile();
            case FileAlreadyExistsException there -> there.getFile() + " is there already";
            case NotDirectoryException other -> other.getFile() + " is no folder";
            case DirectoryNotEmptyException full -> "the folder " + full.getFile() + " is not empty";
            case FileSystemException other when isBlank(other.getReason()) && !isBlank(other.getFile()) ->
                "the file system refuses " + other.getFile();
            case UnknownHostException unknown -> "no such host";
            case UnresolvedAddressException unknown -> "no such host";
            case ClosedChannelException closed -> "it was closed";
            case CharacterCodingException malformed -> "its text is not UTF-8";
            case EOFException end when isBlank(end.getMessage()) -> "it ends too early";
            case TimeoutException late when isBlank(late.getMessage()) -> "it took too long";
            case InterruptedException interrupted -> "it was interrupted";
            case InputCoercionException big -> "a number has more than 64 bits" + in(big.getLocation());
            case JsonProcessingException json -> "not JSON: " + of(json);
            default -> firstLine(failure);
        };
    }

    private static boolean isBlank(String text) {
        return text == null || text.isBlank();
    }

    private static String firstLine(Throwable failure) {
        return isBlank(failure.getMessage()) ? failure.getClass().getSimpleName()
            : failure.getMessage().lines().filter(line -> !line.isBlank()).findFirst().orElseThrow();
    }

    private static String of(JsonProcessingException json) {
        Matcher duplicate = DUPLICATE.matcher(String.valueOf(json.getOriginalMessage()));
        if (duplicate.matches()) {
            return "'" + duplicate.group(1) + "' is there twice" + in(json.getLocation());
        }
        return switch (json) {
            case JsonEOFException end -> "it ends too early" + in(end.getLocation());
            case StreamConstraintsException beyond ->
                "it is nested too deeply, or something in it is too long" + in(beyond.getLocation());
            default -> "it cannot be read" + in(json.getLocation());
        };
    }

    private static String in(JsonLocation place) {
        return place == null ? "" : ", in line " + place.getLineNr() + ", column " + place.getColumnNr();
    }
}
