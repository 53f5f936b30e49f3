package org.sterna.cpu.riscv64.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.sterna.cpu.riscv64.internal.Asm.A0;
import static org.sterna.cpu.riscv64.internal.Asm.A1;
import static org.sterna.cpu.riscv64.internal.Asm.addi;
import static org.sterna.cpu.riscv64.internal.Asm.branch;
import static org.sterna.cpu.riscv64.internal.Asm.jal;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.HostMemoryException;

/** A guest decides how much is decoded; the hart's account decides how much of that is kept. */
class CodeCacheTest {
    private static final int EBREAK_16 = 0x9002;
    /** More than any page can take. */
    private static final long LARGEST_PAGE = 96 << 10;
    private final Guest guest = new Guest();

    @AfterEach
    void close() {
        guest.close();
    }

    /** Enters pages at each halfword, the last one first, which decodes each instruction anew. */
    @Test
    void aGuestThatEntersItsCodeEverywhereTakesNoMoreThanTheAccountAllows() {
        guest.hostMemoryLimit = () -> 1 << 20;
        int pages = 48;
        for (long i = 0; i < pages * 2048L; i++) {
            guest.memory.putShort(Guest.DATA + 2 * i, (short) EBREAK_16);
        }
        guest.hart.forgetTranslations();
        long most = 0;
        for (int page = 0; page < pages; page++) {
            for (int halfword = 2047; halfword >= 0; halfword--) {
                guest.go(Guest.DATA + page * 4096L + 2L * halfword);
                assertTrue(guest.trapped());
                most = Math.max(most, guest.hostMemory.used());
            }
        }
        assertTrue(most > LARGEST_PAGE, "little was decoded: " + most);
        assertTrue(most < (1 << 20) + LARGEST_PAGE, "in use were " + most);
    }

    /** Eight pages whose last instruction crosses into the next one, in a loop. */
    private void putLoop() {
        long at = Guest.DATA;
        guest.memory.putShort(at, (short) 1);
        at += 2;
        while (at < Guest.DATA + 8 * 4096 - 64) {
            guest.memory.putInt(at, addi(A0, A0, 1));
            at += 4;
        }
        guest.memory.putInt(at, addi(A1, A1, -1));
        guest.memory.putInt(at + 4, branch(0, A1, 0, 8));
        guest.memory.putInt(at + 8, jal(0, (int) (Guest.DATA - at - 8)));
        guest.put(at + 12, Guest.STOP_CODE);
    }

    private long runLoop(int times) {
        guest.x(A0, 0);
        guest.x(A1, times);
        guest.go(Guest.DATA);
        assertNotEquals(true, guest.trapped());
        return guest.x(A0);
    }

    @Test
    void aHartThatCanKeepOnePageAtATimeDoesTheSame() {
        putLoop();
        long before = guest.hart.instructions();
        long result = runLoop(20);
        long executed = guest.hart.instructions() - before;
        guest.hart.dropCaches();
        guest.hostMemoryLimit = () -> 1;
        before = guest.hart.instructions();
        assertEquals(result, runLoop(20));
        assertEquals(executed, guest.hart.instructions() - before);
        assertTrue(guest.hostMemory.used() < 2 * LARGEST_PAGE);
    }

    @Test
    void theCachesCanBeDroppedAtAnyTime() {
        putLoop();
        long result = runLoop(3);
        assertNotEquals(0, guest.hostMemory.used());
        guest.hart.dropCaches();
        assertEquals(0, guest.hostMemory.used());
        assertEquals(result, runLoop(3));
    }

    @Test
    void aSmallerLimitHoldsFromTheNextPageOn() {
        putLoop();
        runLoop(1);
        long all = guest.hostMemory.used();
        guest.hostMemoryLimit = () -> all / 2;
        guest.put(Guest.CODE + 0x3000, Guest.STOP_CODE);
        guest.go(Guest.CODE + 0x3000);
        assertTrue(guest.hostMemory.used() <= all / 2, guest.hostMemory.used() + " of " + all);
    }

    @Test
    void thePagesThatWereUsedLeastRecentlyGo() {
        GuestMemory memory = guest.memory;
        var limit = new long[] {Long.MAX_VALUE};
        var dropped = new AtomicInteger();
        var account = new HostMemoryAccount(() -> limit[0]);
        var cache = new CodeCache(account, new Decoder(HartModel.Extensions.ALL), dropped::incrementAndGet);
        var pages = new CodePage[5];
        for (int i = 0; i < 4; i++) {
            pages[i] = page(cache, memory, i);
        }
        long one = pages[0].bytes();
        assertEquals(4 * one, account.used());
        // The last of four was one too many; an eighth less than the limit is three.
        limit[0] = 7 * one / 2;
        assertSame(pages[0], page(cache, memory, 0));
        pages[4] = page(cache, memory, 4);
        assertEquals(1, dropped.get());
        assertEquals(4 * one, account.used());
        limit[0] = Long.MAX_VALUE;
        for (int i : new int[] {0, 2, 3, 4}) {
            assertSame(pages[i], page(cache, memory, i), "page " + i);
        }
        assertNotSame(pages[1], page(cache, memory, 1));
        cache.clear();
        assertEquals(0, account.used());
    }

    private static CodePage page(CodeCache cache, GuestMemory memory, int number) {
        long offset = number * 4096L;
        return cache.page(Guest.RAM + offset, memory.segment().address() + offset, 0);
    }

    @Test
    void anExhaustedHeapLeavesTheHartBetweenTwoInstructions() {
        putLoop();
        var asked = new AtomicInteger();
        // A page asks when it is made and when it has grown. The second one cannot be made, whatever the hart drops.
        guest.hostMemoryLimit = () -> {
            int count = asked.incrementAndGet();
            if (count == 3 || count == 4) {
                throw new OutOfMemoryError("planted");
            }
            return 64 << 20;
        };
        guest.x(A0, 0);
        guest.x(A1, 1);
        long before = guest.hart.instructions();
        assertThrows(HostMemoryException.class, () -> guest.go(Guest.DATA));
        assertEquals(0, guest.hostMemory.used(), "the hart gave back what it had");
        long executed = guest.hart.instructions() - before;
        // The first instruction is short, and the one that could not be fetched crosses into the second page.
        assertEquals(Guest.DATA + 2 + 4 * (executed - 1), guest.hart.programCounter());
        assertEquals(Guest.DATA + 4096 - 2, guest.hart.programCounter());
        assertEquals(executed - 1, guest.x(A0));
        long rest = guest.x(A0);
        guest.control.requestSafePoint(false);
        guest.hart.run();
        assertEquals(runLoop(1), guest.x(A0));
        assertTrue(guest.x(A0) > rest);
    }

    @Test
    void aHeapThatIsExhaustedForAMomentIsNotNoticed() {
        putLoop();
        long result = runLoop(1);
        guest.hart.dropCaches();
        var asked = new AtomicInteger();
        guest.hostMemoryLimit = () -> {
            if (asked.incrementAndGet() == 3) {
                throw new OutOfMemoryError("planted");
            }
            return 64 << 20;
        };
        assertEquals(result, runLoop(1));
    }

    /** Decodes until its memory is used up. */
    private static final class FailingDecoder extends Decoder {
        private int left = Integer.MAX_VALUE;

        FailingDecoder() {
            super(HartModel.Extensions.ALL);
        }

        @Override
        long decodeLong(int instruction) {
            if (left-- == 0) {
                throw new OutOfMemoryError("planted");
            }
            return super.decodeLong(instruction);
        }
    }

    @Test
    void whatWasDecodedInPartIsNeverExecuted() {
        // Jumps forwards over an instruction: without its target the jump has no place to go to.
        guest.put(Guest.DATA, jal(0, 8), 0, addi(A0, A0, 1), jal(0, -12));
        var decoder = new FailingDecoder();
        var account = new HostMemoryAccount(() -> 64 << 20);
        var cache = new CodeCache(account, decoder, () -> { });
        long offset = Guest.DATA - Guest.RAM;
        CodePage page = cache.page(Guest.DATA, guest.memory.segment().address() + offset, 0);
        decoder.left = 1;
        int position = page.position(0);
        assertEquals(Op.JAL, Op.operation(page.code()[position]));
        assertEquals(page.position(4), Op.immediate(page.code()[position]));
        assertEquals(0, account.used(), "the page was dropped with the others, and is not counted any more");
    }
}
