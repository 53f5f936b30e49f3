package org.sterna.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class ReasonTest {
    @Test
    void whatAPeerSaidStaysOnOneLineAndDoesNotReachTheTerminalAsCommands() {
        assertEquals("/t\\x0amer@0: \\x1b[2Jis bad (wait)", Reason.of("/t\nmer@0", "\u001b[2Jis bad", "wait").toString());
    }

    @Test
    void aFailureThatSaysNothingIsNamed() {
        assertEquals("ClosedChannelException", Reason.causeOf(new ClosedChannelException()));
        assertEquals("IllegalStateException", Reason.causeOf(new IllegalStateException("")));
        assertEquals("no room", Reason.causeOf(new IllegalStateException("no room")));
    }
}
