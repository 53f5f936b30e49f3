package org.sterna.cpu.riscv64.internal.suite;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.sterna.machine.memory.GuestAddressException;
import org.sterna.machine.memory.GuestMemory;

/** An executable for RV64 in the ELF64 format, with what is needed to run it without an operating system. */
final class ElfFile {
    private static final int MACHINE_RISCV = 243;
    private static final int LOAD = 1;
    private static final int SYMBOL_TABLE = 2;
    private static final int PROGRAM_HEADER_SIZE = 56;
    private static final int SECTION_HEADER_SIZE = 64;
    private static final int SYMBOL_SIZE = 24;

    private final ByteBuffer content;
    private final long entry;

    private ElfFile(ByteBuffer content) {
        this.content = content;
        this.entry = content.getLong(24);
    }

    /** Whether a file starts like an ELF file. */
    static boolean looksLike(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(4);
            return start.length == 4 && start[0] == 0x7f && start[1] == 'E' && start[2] == 'L' && start[3] == 'F';
        }
    }

    /**
     * Reads a file.
     *
     * @throws ElfException if it is not an executable for RV64
     */
    static ElfFile read(Path file) throws IOException, ElfException {
        var content = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        boolean fits = content.limit() >= 64 && content.get(4) == 2 && content.get(5) == 1
            && content.getShort(18) == MACHINE_RISCV;
        if (!fits) {
            throw new ElfException("not a 64-bit RISC-V ELF file");
        }
        return new ElfFile(content);
    }

    /** The address of the first instruction. */
    long entry() {
        return entry;
    }

    /** Copies the segments to where they belong. */
    void load(GuestMemory memory) throws ElfException {
        for (ByteBuffer header : table(content.getLong(32), PROGRAM_HEADER_SIZE, content.getShort(56))) {
            if (header.getInt(0) == LOAD) {
                byte[] data = new byte[(int) Math.clamp(header.getLong(32), 0, content.limit())];
                try {
                    content.get(offset(header.getLong(8)), data);
                    memory.put(header.getLong(24), data, 0, data.length);
                } catch (GuestAddressException | IndexOutOfBoundsException | BufferUnderflowException e) {
                    throw new ElfException("a segment lies outside guest memory or the file");
                }
            }
        }
    }

    /** The value of a symbol. */
    OptionalLong symbol(String name) throws ElfException {
        List<ByteBuffer> sections = table(content.getLong(40), SECTION_HEADER_SIZE, content.getShort(60));
        for (ByteBuffer section : sections) {
            int link = section.getInt(40);
            if (section.getInt(4) == SYMBOL_TABLE && link >= 0 && link < sections.size()) {
                int names = offset(sections.get(link).getLong(24));
                int count = offset(section.getLong(32)) / SYMBOL_SIZE;
                for (ByteBuffer symbol : table(section.getLong(24), SYMBOL_SIZE, count)) {
                    if (text(names + symbol.getInt(0)).equals(name)) {
                        return OptionalLong.of(symbol.getLong(8));
                    }
                }
            }
        }
        return OptionalLong.empty();
    }

    private List<ByteBuffer> table(long start, int size, int count) throws ElfException {
        var elements = new ArrayList<ByteBuffer>();
        try {
            for (int i = 0; i < count; i++) {
                elements.add(content.slice(offset(start) + i * size, size).order(ByteOrder.LITTLE_ENDIAN));
            }
            return elements;
        } catch (IndexOutOfBoundsException e) {
            throw new ElfException("a table lies outside the file");
        }
    }

    private int offset(long value) throws ElfException {
        if (value < 0 || value > content.limit()) {
            throw new ElfException("an offset lies outside the file");
        }
        return (int) value;
    }

    private String text(int start) throws ElfException {
        int end = offset(start);
        while (end < content.limit() && content.get(end) != 0) {
            end++;
        }
        return new String(content.array(), start, end - start, StandardCharsets.US_ASCII);
    }

    /** A file that cannot be run, and why. */
    static final class ElfException extends Exception {
        private static final long serialVersionUID = 1L;

        ElfException(String message) {
            super(message);
        }
    }
}
