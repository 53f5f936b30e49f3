package org.sterna.launcher.internal.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;

/**
 * Cuts a byte stream into messages. A message is a JSON object; it ends with its closing brace, since many QMP clients
 * send no line end, or with a line end, so that a malformed one does not swallow what follows.
 */
final class JsonMessages {
    private final ReadableByteChannel channel;
    private final int maxLength;
    private final ByteBuffer input = ByteBuffer.allocate(8 * 1024).flip();
    private byte[] message = new byte[512];

    /** Reads messages of up to a number of bytes; longer ones are reported and skipped. */
    JsonMessages(ReadableByteChannel channel, int maxLength) {
        this.channel = channel;
        this.maxLength = maxLength;
    }

    /** A message that was longer than allowed, and has been skipped to its end. */
    static final class TooLong extends IOException {
        private static final long serialVersionUID = 1L;

        TooLong(int maxLength) {
            super("a message is longer than " + maxLength + " bytes");
        }
    }

    /** What comes is no JSON object, so it is another protocol. */
    static final class NotJson extends IOException {
        private static final long serialVersionUID = 1L;

        NotJson() {
            super("what came is no JSON object");
        }
    }

    /** The next message, or null at the end of the stream. */
    byte[] next() throws IOException {
        return next(false);
    }

    /**
     * The next message, or null at the end of the stream.
     *
     * @param onlyObject whether what does not begin as a JSON object ends the conversation, so that nothing after it is looked at: the
     *                   body of an HTTP request may hold lines that are commands
     * @throws NotJson if it does not
     */
    byte[] next(boolean onlyObject) throws IOException {
        int length = 0;
        int depth = 0;
        boolean quoted = false;
        boolean escaped = false;
        while (true) {
            int b = read();
            boolean ended = b < 0 || b == '\n';
            if (length == 0 && (b == ' ' || b == '\t' || b == '\r' || b == '\n')) {
                continue;
            }
            if (onlyObject && length == 0 && b >= 0 && b != '{') {
                throw new NotJson();
            }
            if (!ended) {
                if (length < maxLength) {
                    append(length, (byte) b);
                }
                length++;
                if (escaped) {
                    escaped = false;
                } else if (quoted) {
                    escaped = b == '\\';
                    quoted = b != '"';
                } else if (b == '"') {
                    quoted = true;
                } else if (b == '{') {
                    depth++;
                } else if (b == '}') {
                    ended = --depth == 0;
                }
            }
            if (ended) {
                if (length > maxLength) {
                    throw new TooLong(maxLength);
                }
                return length == 0 ? null : Arrays.copyOf(message, length);
            }
        }
    }

    private void append(int length, byte b) {
        if (length == message.length) {
            message = Arrays.copyOf(message, 2 * length);
        }
        message[length] = b;
    }

    private int read() throws IOException {
        if (!input.hasRemaining()) {
            input.clear();
            if (channel.read(input) < 0) {
                input.flip();
                return -1;
            }
            input.flip();
        }
        return input.get() & 0xff;
    }
}
