package org.sterna.machine.virt.internal.boot;

import java.security.SecureRandom;
import java.util.List;
import org.sterna.machine.MachineException;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.processor.ProcessorNode;

/**
 * Puts into guest memory what a guest finds there at power-on: firmware, kernel, initial RAM disk and device tree.
 *
 * @param images the files to boot
 * @param memory guest memory
 * @param board  what the device tree says of the board
 * @param harts  and of the harts
 */
public record BootLoader(BootImages images, GuestMemory memory, BoardTree board, List<ProcessorNode> harts) {
    /** Where a kernel goes that does not say: the alignment that Linux wants, past any firmware. */
    private static final long KERNEL_OFFSET = 0x20_0000;
    private static final long ALIGNMENT = 0x20_0000;
    /** Linux on 32-bit buses wants its device tree below 3 GiB, and QEMU puts it there for everybody. */
    private static final long DEVICE_TREE_LIMIT = 0xc000_0000L;
    private static final int SEED_BYTES = 32;

    /**
     * How the first hart starts.
     *
     * @param entry     the address of its first instruction
     * @param arguments what its registers a1, a2 … hold; a0 is the number of the hart
     */
    public record Entry(long entry, List<Long> arguments) {
    }

    /**
     * Loads everything.
     *
     * @throws MachineException if there is nothing to boot, or a file cannot be read or does not fit
     */
    public Entry load(List<WiredDevice> devices) {
        if (images.kernel() == null && images.bios() == null) {
            throw MachineException.usage("/virt", "kernel", "there is nothing to boot", "give --kernel or --bios");
        }
        if (images.kernel() == null && images.initrd() != null) {
            throw MachineException.usage("/virt", "initrd", "an initial RAM disk is of no use without a kernel",
                "give --kernel too, or leave --initrd out");
        }
        var placements = new Placements(memory);
        Image bios = image(placements, "bios", images.bios(), 0);
        Image kernel = image(placements, "kernel", images.kernel(), KERNEL_OFFSET);
        Range initrd = initrd(placements, kernel);
        byte[] tree = new DeviceTree(board, harts, memory, devices, images.arguments(), initrd, seed()).blob();
        byte[] info = FirmwareInfo.to(kernel == null ? 0 : kernel.entry());
        int infoOffset = (int) Range.alignUp(tree.length, 8);
        long end = Math.min(memory.base() + memory.size(), DEVICE_TREE_LIMIT);
        long address = end - infoOffset - info.length & -ALIGNMENT;
        placements.take("", "the device tree", Range.of(address, infoOffset + info.length));
        memory.put(address, tree, 0, tree.length);
        if (bios == null) {
            return new Entry(kernel.entry(), List.of(address));
        }
        memory.put(address + infoOffset, info, 0, info.length);
        return new Entry(bios.entry(), List.of(address, address + infoOffset));
    }

    private byte[] seed() {
        if (!board.seed()) {
            return null;
        }
        byte[] seed = new byte[SEED_BYTES];
        new SecureRandom().nextBytes(seed);
        return seed;
    }

    private Image image(Placements placements, String property, String name, long offset) {
        if (name == null) {
            return null;
        }
        try (var file = new ImageFile(property, name)) {
            Image image = ImageFormat.read(file, memory.base(), offset);
            for (Image.Segment segment : image.segments()) {
                placements.take(property, "'" + name + "'", segment.place());
            }
            if (!memory.contains(image.entry(), 4)) {
                throw file.malformed("its entry 0x" + Long.toHexString(image.entry()) + " is not in guest memory");
            }
            for (Image.Segment segment : image.segments()) {
                long start = segment.place().start();
                file.load(memory, start, segment.offset(), segment.length());
                if (segment.clear()) {
                    memory.fill(start + segment.length(), segment.place().end() - start - segment.length(), (byte) 0);
                }
            }
            return image;
        }
    }

    private Range initrd(Placements placements, Image kernel) {
        if (images.initrd() == null) {
            return null;
        }
        try (var file = new ImageFile("initrd", images.initrd())) {
            if (file.size() == 0) {
                throw file.malformed("it is empty");
            }
            Range range = Range.of(Range.alignUp(kernel.extent().end(), ALIGNMENT), file.size());
            placements.take("initrd", "'" + images.initrd() + "'", range);
            file.load(memory, range.start(), 0, file.size());
            return range;
        }
    }
}
