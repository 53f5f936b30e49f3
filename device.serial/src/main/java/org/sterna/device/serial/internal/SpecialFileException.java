package org.sterna.device.serial.internal;

import java.io.IOException;

/** There is a FIFO, a terminal or another special file where nobody has said that it may be one. */
final class SpecialFileException extends IOException {
    private static final long serialVersionUID = 1L;

    SpecialFileException() {
        super("it is a FIFO, a terminal or another special file, and special-file=on was not given");
    }
}
