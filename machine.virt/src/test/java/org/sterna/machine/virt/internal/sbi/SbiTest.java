package org.sterna.machine.virt.internal.sbi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.virt.internal.BoardBench;
import org.sterna.machine.virt.internal.MemoryMap;
import org.sterna.machine.virt.internal.interrupt.HartInputs;
import org.sterna.machine.virt.internal.interrupt.TimeCounter;

class SbiTest {
    private static final long BASE = 0x10;
    private static final long TIME = 0x5449_4d45;
    private static final long IPI = 0x73_5049;
    private static final long FENCE = 0x5246_4e43;
    private static final long HSM = 0x48_534d;
    private static final long RESET = 0x5352_5354;
    private static final long CONSOLE = 0x4442_434e;
    private static final long PMU = 0x50_4d55;
    private static final List<Long> SUCCESS = List.of(0L, 0L);
    private static final List<Long> FAILED = List.of(-1L, 0L);
    private static final List<Long> NOT_SUPPORTED = List.of(-2L, 0L);
    private static final List<Long> INVALID_PARAMETER = List.of(-3L, 0L);
    private static final List<Long> INVALID_ADDRESS = List.of(-5L, 0L);
    private static final List<Long> ALREADY_AVAILABLE = List.of(-6L, 0L);
    private static final long ALL = -1;

    private final long[] hostTime = {0};
    private BoardBench bench;
    private Sbi sbi;

    /** A UART that takes a few bytes at a time. */
    private static final class Uart implements MmioHandler {
        final StringBuilder written = new StringBuilder();
        String input = "";
        int room;
        int lineControl;

        @Override
        public long read(long offset, int size) {
            return switch ((int) offset) {
                case 0 -> {
                    char next = input.charAt(0);
                    input = input.substring(1);
                    yield next;
                }
                case 3 -> lineControl;
                case 5 -> (room > 0 ? 0x60 : 0) | (input.isEmpty() ? 0 : 1);
                default -> 0;
            };
        }

        @Override
        public void write(long offset, int size, long value) {
            if (offset == 0) {
                written.append((char) value);
                room--;
            }
        }
    }

    @BeforeEach
    @BeforeProperty
    void firmware() {
        bench = new BoardBench(3, 1 << 20, Map.of(), BoardBench.standing(hostTime));
        var inputs = new HartInputs();
        inputs.connect(List.of(bench.hart(0), bench.hart(1), bench.hart(2)));
        sbi = new Sbi(new Firmware(2, Firmware.STERNA, 1 << 16, EnumSet.allOf(StandardExtension.class)), bench, new TimeCounter(bench.clock(), 10_000_000), inputs);
        sbi.reset();
        bench.hart(0).boot(MemoryMap.MEMORY);
    }

    @AfterEach
    @AfterProperty
    void close() {
        bench.close();
    }

    private List<Long> call(int hart, long extension, long function, long... arguments) {
        return bench.call(sbi, hart, extension, function, arguments);
    }

    private Uart uart() {
        var uart = new Uart();
        bench.bus().map(new MmioBus.Region("/serial@0", MemoryMap.UART, 0x100, uart));
        return uart;
    }

    @Test
    void tellsWhatItIs() {
        assertEquals(List.of(0L, 0x0200_0000L), call(0, BASE, 0));
        assertEquals(List.of(0L, 0xf11L), call(0, BASE, 4), "mvendorid of the processor");
        assertEquals(List.of(0L, 0xf12L), call(0, BASE, 5), "marchid");
        assertEquals(List.of(0L, 0xf13L), call(0, BASE, 6), "mimpid");
        assertEquals(NOT_SUPPORTED, call(0, BASE, 7));
    }

    @Test
    void probesWhatItHas() {
        for (long extension : new long[] {BASE, TIME, IPI, FENCE, HSM, RESET}) {
            assertEquals(List.of(0L, 1L), call(0, BASE, 3, extension), Long.toHexString(extension));
        }
        assertEquals(List.of(0L, 0L), call(0, BASE, 3, PMU));
        assertEquals(List.of(0L, 0L), call(0, BASE, 3, CONSOLE), "there is no UART");
        assertEquals(NOT_SUPPORTED, call(0, PMU, 0));
        assertEquals(NOT_SUPPORTED, call(0, CONSOLE, 0));
        uart();
        assertEquals(List.of(0L, 1L), call(0, BASE, 3, CONSOLE));
    }

    @Test
    void settingTheTimerClearsTheInterruptUntilItIsDue() {
        hostTime[0] = 1_000;
        assertEquals(SUCCESS, call(0, TIME, 0, 10));
        assertTrue(bench.hart(0).high(HartInputs.SUPERVISOR_TIMER));
        assertFalse(bench.hart(1).high(HartInputs.SUPERVISOR_TIMER));
        assertEquals(SUCCESS, call(0, TIME, 0, -1));
        assertFalse(bench.hart(0).high(HartInputs.SUPERVISOR_TIMER));
        assertEquals(NOT_SUPPORTED, call(0, TIME, 1));
    }

    @Test
    void interruptsTheHartsOfTheMaskThatRun() {
        assertEquals(SUCCESS, call(0, HSM, 0, 2, MemoryMap.MEMORY, 0));
        assertEquals(SUCCESS, call(0, IPI, 0, 0b11, 1));
        assertFalse(bench.hart(0).high(HartInputs.SUPERVISOR_SOFTWARE));
        assertFalse(bench.hart(1).high(HartInputs.SUPERVISOR_SOFTWARE), "stopped");
        assertTrue(bench.hart(2).high(HartInputs.SUPERVISOR_SOFTWARE));
        assertEquals(SUCCESS, call(0, IPI, 0, 0, ALL));
        assertTrue(bench.hart(0).high(HartInputs.SUPERVISOR_SOFTWARE));
    }

    @Test
    void refusesHartsThatDoNotExist() {
        for (long[] mask : new long[][] {{8, 0}, {1, 3}, {1, -2}, {0b100, 1}, {1L << 63, 0}, {1, Long.MAX_VALUE}}) {
            assertEquals(INVALID_PARAMETER, call(0, IPI, 0, mask));
            assertEquals(INVALID_PARAMETER, call(0, FENCE, 1, mask[0], mask[1], 0, 0));
        }
    }

    @Test
    void fencesReachTheHartsOfTheMask() {
        call(0, HSM, 0, 1, MemoryMap.MEMORY, 0);
        for (int function = 0; function < 3; function++) {
            assertEquals(SUCCESS, call(0, FENCE, function, 0b10, 0, 0, -1, 0));
        }
        assertEquals(3, bench.hart(1).forgotten());
        assertEquals(0, bench.hart(0).forgotten());
        assertEquals(SUCCESS, call(0, FENCE, 1, 0, ALL, 0, 0));
        assertEquals(1, bench.hart(0).forgotten());
        assertEquals(NOT_SUPPORTED, call(0, FENCE, 3, 0b10, 0, 0, -1, 0));
    }

    @Test
    void startsAndStopsHarts() {
        assertEquals(List.of(0L, 0L), call(0, HSM, 2, 0));
        assertEquals(List.of(0L, 1L), call(0, HSM, 2, 1));
        assertEquals(INVALID_PARAMETER, call(0, HSM, 2, 3));
        assertEquals(INVALID_PARAMETER, call(0, HSM, 0, -1, MemoryMap.MEMORY, 0));
        assertEquals(INVALID_ADDRESS, call(0, HSM, 0, 1, 0x1000, 0));
        assertEquals(INVALID_ADDRESS, call(0, HSM, 0, 1, MemoryMap.MEMORY + 1, 0));
        assertEquals(SUCCESS, call(0, HSM, 0, 1, MemoryMap.MEMORY + 0x200, 99));
        assertFalse(bench.hart(1).halted());
        assertEquals(MemoryMap.MEMORY + 0x200, bench.hart(1).programCounter());
        assertEquals(List.of(1L, 99L), bench.hart(1).arguments(2));
        assertEquals(1, bench.hart(1).resets());
        assertEquals(ALREADY_AVAILABLE, call(0, HSM, 0, 1, MemoryMap.MEMORY, 0));
        call(1, HSM, 1);
        assertTrue(bench.hart(1).halted());
        assertEquals(List.of(0L, 1L), call(0, HSM, 2, 1));
    }

    @Test
    void suspends() {
        assertEquals(SUCCESS, call(0, HSM, 3, 0, 0, 0));
        assertEquals(INVALID_PARAMETER, call(0, HSM, 3, 5, 0, 0));
        assertEquals(INVALID_ADDRESS, call(0, HSM, 3, 0x8000_0000L, 0, 0));
        call(0, HSM, 3, 0x8000_0000L, MemoryMap.MEMORY + 8, 5);
        assertEquals(MemoryMap.MEMORY + 8, bench.hart(0).programCounter());
        assertEquals(List.of(0L, 5L), bench.hart(0).arguments(2));
    }

    @Test
    void switchesTheMachineOffAndRestartsIt() {
        assertEquals(INVALID_PARAMETER, call(0, RESET, 0, 3, 0));
        assertEquals(INVALID_PARAMETER, call(0, RESET, 0, 0, 2));
        assertEquals(List.of(), bench.events());
        call(0, RESET, 0, 0, 0);
        assertTrue(bench.hart(0).halted(), "the call does not return");
        call(0, RESET, 0, 0, 1);
        call(0, RESET, 0, 1, 0);
        call(0, RESET, 0, 2, 0);
        assertEquals(List.of("off: the guest has switched itself off",
            "panic: the guest has switched itself off after a failure", "restart", "restart"), bench.events());
    }

    @Test
    void writesToTheUartWhatItTakes() {
        Uart uart = uart();
        byte[] text = "Hello, world".getBytes(StandardCharsets.US_ASCII);
        bench.memory().put(MemoryMap.MEMORY, text, 0, text.length);
        uart.room = 7;
        assertEquals(List.of(0L, 7L), call(0, CONSOLE, 0, text.length, MemoryMap.MEMORY, 0));
        assertEquals("Hello, ", uart.written.toString());
        assertEquals(List.of(0L, 0L), call(0, CONSOLE, 0, 5, MemoryMap.MEMORY + 7, 0));
        uart.room = 100;
        assertEquals(List.of(0L, 5L), call(0, CONSOLE, 0, 5, MemoryMap.MEMORY + 7, 0));
        assertEquals(SUCCESS, call(0, CONSOLE, 2, '!'));
        assertEquals("Hello, world!", uart.written.toString());
    }

    @Test
    void readsFromTheUartWhatItHas() {
        Uart uart = uart();
        uart.input = "abcdef";
        assertEquals(List.of(0L, 4L), call(0, CONSOLE, 1, 4, MemoryMap.MEMORY + 16, 0));
        assertEquals(List.of(0L, 2L), call(0, CONSOLE, 1, 4, MemoryMap.MEMORY + 20, 0));
        assertEquals(0x6665_6463_6261L, bench.memory().getLong(MemoryMap.MEMORY + 16));
    }

    @Test
    void theConsoleRefusesWhatIsNotMemoryAndABusyUart() {
        Uart uart = uart();
        uart.room = 1000;
        assertEquals(INVALID_PARAMETER, call(0, CONSOLE, 0, 1, 0x1000, 0));
        assertEquals(INVALID_PARAMETER, call(0, CONSOLE, 0, 1, MemoryMap.MEMORY, 1));
        assertEquals(INVALID_PARAMETER, call(0, CONSOLE, 1, 2, MemoryMap.MEMORY + (1 << 20) - 1, 0));
        assertEquals(INVALID_PARAMETER, call(0, CONSOLE, 0, -1, MemoryMap.MEMORY, 0));
        uart.lineControl = 0x83;
        assertEquals(FAILED, call(0, CONSOLE, 2, 'x'));
        uart.lineControl = 3;
        uart.room = 0;
        assertEquals(FAILED, call(0, CONSOLE, 2, 'x'));
        assertEquals("", uart.written.toString());
    }

    @Test
    void aRestoredFirmwareDrivesItsTimers() {
        call(0, TIME, 0, 10);
        call(0, HSM, 0, 2, MemoryMap.MEMORY, 0);
        SbiState state = sbi.state();
        assertEquals(List.of(true, false, true), state.started());
        firmware();
        hostTime[0] = 1_000;
        sbi.restore(state);
        assertEquals(state, sbi.state());
        assertTrue(bench.hart(0).high(HartInputs.SUPERVISOR_TIMER));
    }

    @Property(tries = 2000)
    void noCallEverThrows(@ForAll("extensions") long extension, @ForAll long function, @ForAll long first,
            @ForAll long second, @ForAll long third) {
        List<Long> answer = call(0, extension, function, first, second, third);
        if (function < 0 || function > 6) {
            assertEquals(NOT_SUPPORTED, answer);
        }
    }

    @Provide
    Arbitrary<Long> extensions() {
        return Arbitraries.of(0L, 1L, 8L, BASE, TIME, IPI, FENCE, HSM, RESET, CONSOLE, PMU, -1L);
    }
}
