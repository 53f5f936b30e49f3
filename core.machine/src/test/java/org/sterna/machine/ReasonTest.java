package org.sterna.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ReasonTest {
    @Test
    void whatAPeerSaidStaysOnOneLineAndDoesNotReachTheTerminalAsCommands() {
        assertEquals("/t\\x0amer@0: \\x1b[2Jis bad (wait)", Reason.of("/t\nmer@0", "\u001b[2Jis bad", "wait").toString());
    }
}
