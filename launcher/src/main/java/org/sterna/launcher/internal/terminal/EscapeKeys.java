package org.sterna.launcher.internal.terminal;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Takes keys after Ctrl-A out of the input: x ends the machine, c sends the guest a Ctrl-C, Ctrl-A or a a Ctrl-A. */
final class EscapeKeys extends FilterInputStream {
    private static final int CTRL_A = 1;
    private static final int CTRL_C = 3;

    private final Runnable quit;

    EscapeKeys(InputStream in, Runnable quit) {
        super(in);
        this.quit = quit;
    }

    @Override
    public int read() throws IOException {
        while (true) {
            int key = super.read();
            if (key != CTRL_A) {
                return key;
            }
            switch (super.read()) {
                case 'x' -> quit.run();
                case 'c' -> {
                    return CTRL_C;
                }
                case 'a', CTRL_A -> {
                    return CTRL_A;
                }
                case -1 -> {
                    return -1;
                }
                default -> {
                    // No such command; the key is not meant for the guest either.
                }
            }
        }
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
