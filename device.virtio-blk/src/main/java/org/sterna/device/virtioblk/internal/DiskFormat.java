package org.sterna.device.virtioblk.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A format whose files are not a raw disk, told by the bytes that they begin or end with. A guest that is given such a file
 * sees the container instead of the disk in it, and overwrites its header.
 *
 * <p>A guest may also have made a raw disk look like one of them, such as by encrypting or packing the whole of it. So this is
 * asked of disks whose guest is new here, and the answer can be overruled.
 */
enum DiskFormat {
    QCOW("a qcow or qcow2 image", Kind.IMAGE, head(0, "514649fb")),
    QED("a QED image", Kind.IMAGE, head(0, "51454400")),
    VMDK("a VMDK image", Kind.IMAGE, head(0, text("KDMV")), head(0, text("COWD")), head(0, text("# Disk DescriptorFile"))),
    VDI("a VDI image", Kind.IMAGE, head(0x40, "7f10dabe")),
    VHDX("a VHDX image", Kind.IMAGE, head(0, text("vhdxfile"))),
    /** A fixed one has its header at the end only. */
    VHD("a VHD image", Kind.IMAGE, head(0, text("conectix")), tail(text("conectix"))),
    PARALLELS("a Parallels image", Kind.IMAGE, head(0, text("WithoutFreeSpace")), head(0, text("WithouFreSpacExt"))),
    DMG("a DMG image", Kind.IMAGE, tail(text("koly"))),
    SPARSE("an Android sparse image", Kind.PACKED, head(0, "3aff26ed")),
    GZIP("a gzip file", Kind.PACKED, head(0, "1f8b08")),
    BZIP2("a bzip2 file", Kind.PACKED, head(0, text("BZh")).and(4, "314159265359")),
    XZ("an xz file", Kind.PACKED, head(0, "fd377a585a00")),
    ZSTD("a zstd file", Kind.PACKED, head(0, "28b52ffd")),
    LZ4("an lz4 file", Kind.PACKED, head(0, "04224d18")),
    LZIP("an lzip file", Kind.PACKED, head(0, text("LZIP"))),
    ZIP("a zip archive", Kind.PACKED, head(0, "504b0304")),
    SEVEN_ZIP("a 7z archive", Kind.PACKED, head(0, "377abcaf271c")),
    TAR("a tar archive", Kind.PACKED, head(257, text("ustar"))),
    SNAPSHOT("a snapshot of a machine", Kind.NO_DISK, head(0, "895354524e0d0a1a")),
    SQUASHFS("a squashfs file system", Kind.CONTENT, head(0, text("hsqs")), head(0, text("sqsh"))),
    LUKS("an encrypted LUKS volume", Kind.CONTENT, head(0, "4c554b53babe"));

    /** How many bytes at either end of a file are looked at. */
    static final int END_BYTES = 512;
    private static final String AS_IT_IS = "if the guest is to see the file as it is, add format=raw";

    private final String description;
    private final Kind kind;
    private final Magic[] magics;

    DiskFormat(String description, Kind kind, Magic... magics) {
        this.description = description;
        this.kind = kind;
        this.magics = magics;
    }

    /** What can be done with a file. */
    private enum Kind {
        /** A disk in the format of another hypervisor. */
        IMAGE("convert it into a new file (qemu-img convert -O raw FILE NEW) and give that; " + AS_IT_IS),
        /** Something compressed, or an archive. */
        PACKED("unpack it and give what is in it; " + AS_IT_IS),
        /** Nothing that a guest has a use for. */
        NO_DISK("give the disk; " + AS_IT_IS),
        /** What may be meant for the guest. */
        CONTENT(AS_IT_IS);

        private final String remedy;

        Kind(String remedy) {
            this.remedy = remedy;
        }
    }

    /**
     * Bytes that all files of a format have.
     *
     * @param atEnd whether the offset is from the last {@link #END_BYTES} on
     * @param more  others that must be there too, or null
     */
    private record Magic(boolean atEnd, int offset, byte[] bytes, Magic more) {
        private Magic and(int at, String hex) {
            return new Magic(atEnd, offset, bytes, head(at, hex));
        }

        private boolean matches(byte[] head, byte[] tail) {
            byte[] end = atEnd ? tail : head;
            return offset + bytes.length <= end.length
                && Arrays.equals(end, offset, offset + bytes.length, bytes, 0, bytes.length)
                && (more == null || more.matches(head, tail));
        }
    }

    private static Magic head(int offset, byte[] bytes) {
        return new Magic(false, offset, bytes, null);
    }

    private static Magic head(int offset, String hex) {
        return head(offset, HexFormat.of().parseHex(hex));
    }

    private static Magic tail(byte[] bytes) {
        return new Magic(true, 0, bytes, null);
    }

    private static byte[] text(String ascii) {
        return ascii.getBytes(StandardCharsets.US_ASCII);
    }

    /** The format that a file looks like, or nothing if it may be a raw disk. */
    static Optional<DiskFormat> of(FileChannel file) throws IOException {
        long size = file.size();
        byte[] head = read(file, 0);
        byte[] tail = read(file, Math.max(0, size - END_BYTES));
        return Arrays.stream(values())
            .filter(format -> Arrays.stream(format.magics).anyMatch(magic -> magic.matches(head, tail))).findFirst();
    }

    private static byte[] read(FileChannel file, long position) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(END_BYTES);
        while (bytes.hasRemaining() && file.read(bytes, position + bytes.position()) > 0) {
            // The next part.
        }
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    /** What it is, with its article. */
    String description() {
        return description;
    }

    /** What can be done. */
    String remedy() {
        return kind.remedy;
    }
}
