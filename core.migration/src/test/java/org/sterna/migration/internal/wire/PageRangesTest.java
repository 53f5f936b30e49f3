package org.sterna.migration.internal.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

class PageRangesTest {
    /** All numbers of a frame are unsigned, also those that Java would print as negative. */
    @Test
    void whatIsWrongWithARangeIsSaidInItsOwnNumbers() {
        var head = Unpooled.buffer().writeShort(0).writeShort(1).writeInt(0).writeLong(-1).writeInt(-1).writeInt(-1);
        var failure = assertThrows(Failure.class, () -> new PageRanges().decode("peer", head, 0, 16, 4096));
        assertEquals("peer: sent a malformed frame PAGES: range 0: 4294967295 pages of kind 4294967295"
            + " from page 18446744073709551615, of 16", failure.getMessage());
    }
}
