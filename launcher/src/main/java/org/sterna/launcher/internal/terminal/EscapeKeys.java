package org.sterna.launcher.internal.terminal;

import java.io.IOException;
import java.io.InputStream;

/**
 * Takes keys after Ctrl-A out of the input: x ends the machine, c sends the guest a Ctrl-C, Ctrl-A or a a Ctrl-A. Only
 * keys for the guest count as {@linkplain #available() available}, so a reader that asks first never waits for the
 * second half of a command.
 */
final class EscapeKeys extends InputStream {
    private static final int CTRL_A = 1;
    private static final int CTRL_C = 3;
    private static final int NONE = -2;

    private final InputStream in;
    private final Runnable quit;
    private boolean escaped;
    /** The next key for the guest, or {@link #NONE}. */
    private int next = NONE;

    EscapeKeys(InputStream in, Runnable quit) {
        this.in = in;
        this.quit = quit;
    }

    /** What a key means to the guest. */
    private int translate(int key) {
        if (!escaped) {
            escaped = key == CTRL_A;
            return escaped ? NONE : key;
        }
        escaped = false;
        return switch (key) {
            case 'x' -> {
                quit.run();
                yield NONE;
            }
            case 'c' -> CTRL_C;
            case 'a', CTRL_A -> CTRL_A;
            // No such command; the key is not meant for the guest either.
            default -> key < 0 ? key : NONE;
        };
    }

    @Override
    public synchronized int available() throws IOException {
        while (next == NONE && in.available() > 0) {
            next = translate(in.read());
        }
        return next == NONE ? 0 : 1;
    }

    @Override
    public synchronized int read() throws IOException {
        while (next == NONE) {
            next = translate(in.read());
        }
        int key = next;
        next = NONE;
        return key;
    }

    /** One key at a time: nobody types so fast that it matters. */
    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int key = read();
        if (key < 0) {
            return -1;
        }
        bytes[offset] = (byte) key;
        return 1;
    }
}
