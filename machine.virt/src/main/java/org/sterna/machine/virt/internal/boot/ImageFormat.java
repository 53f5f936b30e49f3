package org.sterna.machine.virt.internal.boot;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The formats of boot images: ELF, RISC-V Linux Image, and flat binary, told apart by their magic numbers. */
final class ImageFormat {
    private static final int ELF_MAGIC = 0x464c_457f;
    private static final int ELF_HEADER = 64;
    private static final int ELF_PROGRAM_HEADER = 56;
    private static final int EXECUTABLE = 2;
    private static final int RISCV = 243;
    private static final int LOAD = 1;
    /** "RSC\x05" at offset 56 (Linux, Documentation/arch/riscv/boot-image-header.rst). */
    private static final int LINUX_MAGIC = 0x0543_5352;
    private static final int LINUX_HEADER = 64;

    private ImageFormat() {
    }

    /**
     * Reads what an image wants.
     *
     * @param base       the first address of guest memory
     * @param flatOffset where a flat binary goes, from there
     * @throws org.sterna.machine.MachineException if the file contradicts itself
     */
    static Image read(ImageFile file, long base, long flatOffset) {
        ByteBuffer header = file.read(0, 64);
        if (header.remaining() == 0) {
            throw file.malformed("it is empty");
        }
        if (header.remaining() >= 4 && header.getInt(0) == ELF_MAGIC) {
            return elf(file, header);
        }
        if (header.remaining() == LINUX_HEADER && header.getInt(56) == LINUX_MAGIC) {
            return linux(file, header, base);
        }
        return flat(file, base + flatOffset, file.size());
    }

    private static Image linux(ImageFile file, ByteBuffer header, long base) {
        long offset = header.getLong(8);
        long size = header.getLong(16);
        if (offset < 0 || offset > 1L << 40 || (offset & 0xfff) != 0) {
            throw file.malformed("its header has the text offset 0x" + Long.toHexString(offset));
        }
        if (size < 0 || size > 1L << 40) {
            throw file.malformed("its header has the image size 0x" + Long.toHexString(size));
        }
        return flat(file, base + offset, Math.max(size, file.size()));
    }

    private static Image flat(ImageFile file, long address, long room) {
        return new Image(address, List.of(new Image.Segment(0, file.size(), Range.of(address, room), false)));
    }

    private static Image elf(ImageFile file, ByteBuffer header) {
        if (header.remaining() < ELF_HEADER) {
            throw file.malformed("its ELF header is cut off");
        }
        if (header.get(4) != 2 || header.get(5) != 1 || header.getShort(18) != RISCV
                || header.getShort(16) != EXECUTABLE) {
            throw file.failure("'" + file + "' is not a 64-bit little-endian RISC-V executable",
                "give a kernel or firmware that has been built for riscv64");
        }
        long table = header.getLong(32);
        int entrySize = Short.toUnsignedInt(header.getShort(54));
        int count = Short.toUnsignedInt(header.getShort(56));
        if (entrySize != ELF_PROGRAM_HEADER || table < 0 || table > file.size() - (long) count * ELF_PROGRAM_HEADER) {
            throw file.malformed("its ELF program headers are not where its header says");
        }
        long entry = header.getLong(24);
        long physicalEntry = entry;
        var segments = new ArrayList<Image.Segment>();
        for (int i = 0; i < count; i++) {
            ByteBuffer program = file.read(table + (long) i * ELF_PROGRAM_HEADER, ELF_PROGRAM_HEADER);
            long memorySize = program.getLong(40);
            if (program.getInt(0) != LOAD || memorySize == 0) {
                continue;
            }
            segments.add(segment(file, i, program, memorySize));
            // A kernel's entry is a virtual address, but nothing translates yet.
            long fromStart = entry - program.getLong(16);
            if (Long.compareUnsigned(fromStart, memorySize) < 0) {
                physicalEntry = program.getLong(24) + fromStart;
            }
        }
        if (segments.isEmpty()) {
            throw file.malformed("it is an ELF file with nothing to load");
        }
        return new Image(physicalEntry, List.copyOf(segments));
    }

    private static Image.Segment segment(ImageFile file, int number, ByteBuffer program, long memorySize) {
        long offset = program.getLong(8);
        long address = program.getLong(24);
        long fileSize = program.getLong(32);
        if (offset < 0 || fileSize < 0 || memorySize < fileSize || offset > file.size() - fileSize
                || address < 0 || address + memorySize < 0) {
            throw file.malformed("the sizes of its ELF segment " + number + " contradict each other");
        }
        return new Image.Segment(offset, fileSize, Range.of(address, memorySize), true);
    }
}
