package org.sterna.migration.internal.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The first 64 bytes that each side sends, in a layout that never changes (specification, section 3).
 *
 * @param medium   whether it opens a socket or a file
 * @param role     which side sends it
 * @param lowest   the oldest protocol version that the sender speaks
 * @param highest  the newest
 * @param producer the sender's software, for people
 */
public record Preamble(Medium medium, Role role, ProtocolVersion lowest, ProtocolVersion highest, String producer) {
    /** The size in bytes. */
    public static final int SIZE = 64;
    /** The longest producer in bytes of UTF-8. */
    public static final int MAX_PRODUCER = 41;
    /** What this implementation calls itself: its name, and its major and minor version. */
    static final String PRODUCER = "Sterna 1.2";
    /** What Sterna 1.0 and 1.1 called themselves. */
    private static final String FIRST_PRODUCER = "Sterna";
    /** What to do about a file that is no snapshot. */
    public static final String SNAPSHOT_WANTED = "give a file that ./sterna snapshot has written";
    private static final byte[] MAGIC = HexFormat.of().parseHex("895354524e0d0a1a");

    /** What carries the stream. */
    public enum Medium {
        /** A line in both directions. */
        SOCKET,
        /** A file. */
        FILE
    }

    /** The two sides. */
    public enum Role {
        /** Has the guest. */
        SOURCE,
        /** Is to get it. */
        DESTINATION
    }

    /** Cuts the producer to what fits. */
    public Preamble {
        while (producer.getBytes(StandardCharsets.UTF_8).length > MAX_PRODUCER) {
            producer = producer.substring(0, producer.length() - 1);
        }
    }

    /** What this implementation sends on a socket. */
    public static Preamble socket(Role role) {
        return new Preamble(Medium.SOCKET, role, ProtocolVersion.CURRENT, ProtocolVersion.CURRENT, PRODUCER);
    }

    /** What this implementation begins a file with. */
    public static Preamble file() {
        return new Preamble(Medium.FILE, Role.SOURCE, ProtocolVersion.CURRENT, ProtocolVersion.CURRENT, PRODUCER);
    }

    /** Whether bytes begin as every preamble does, of whatever version. */
    public static boolean begins(byte[] bytes) {
        return bytes.length >= MAGIC.length && Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    /** The bytes. */
    public ByteBuf encode() {
        byte[] name = producer.getBytes(StandardCharsets.UTF_8);
        ByteBuf bytes = Unpooled.buffer(SIZE, SIZE);
        bytes.writeBytes(MAGIC).writeByte(medium.ordinal() + 1).writeByte(role.ordinal() + 1);
        bytes.writeShort(lowest.major()).writeShort(lowest.minor());
        bytes.writeShort(highest.major()).writeShort(highest.minor());
        bytes.writeByte(name.length).writeBytes(name).writeZero(MAX_PRODUCER - name.length);
        return bytes.writeInt(Checksums.of(bytes, 0, SIZE - 4));
    }

    /**
     * Looks at the bytes that have come from a peer so far.
     *
     * @return null if they are too few, and right as far as they go
     * @throws Failure if they cannot be a preamble
     */
    public static Preamble decode(String peer, ByteBuf bytes) throws Failure {
        return decode(bytes, first -> Failure.here(peer,
            "does not speak Sterna's migration protocol: its first bytes are " + first,
            "give the address of a Sterna receiver"), () -> Failure.here(peer, "sent a damaged preamble", ""));
    }

    /**
     * Looks at the beginning of a file.
     *
     * @return null if the bytes are too few, and right as far as they go
     * @throws Failure if they cannot be a preamble
     */
    public static Preamble decodeFile(String file, ByteBuf bytes) throws Failure {
        return decode(bytes, first -> Failure.here(file,
            "is neither a snapshot nor a recorded migration: its first bytes are " + first,
            SNAPSHOT_WANTED), () -> Failure.here(file, "has a damaged preamble", "use another copy of the file"));
    }

    private static Preamble decode(ByteBuf bytes, Function<String, Failure> foreign,
            Supplier<Failure> damaged) throws Failure {
        byte[] start = new byte[Math.min(bytes.readableBytes(), MAGIC.length)];
        bytes.getBytes(bytes.readerIndex(), start);
        if (!Arrays.equals(start, 0, start.length, MAGIC, 0, start.length)) {
            throw foreign.apply(HexFormat.ofDelimiter(" ").formatHex(start) + printable(start));
        }
        if (bytes.readableBytes() < SIZE) {
            return null;
        }
        int first = bytes.readerIndex();
        int name = bytes.getUnsignedByte(first + 18);
        int medium = bytes.getByte(first + 8);
        int role = bytes.getByte(first + 9);
        if (bytes.getInt(first + SIZE - 4) != Checksums.of(bytes, first, SIZE - 4) || name > MAX_PRODUCER
                || medium < 1 || medium > 2 || role < 1 || role > 2) {
            throw damaged.get();
        }
        var preamble = new Preamble(Medium.values()[medium - 1], Role.values()[role - 1],
            new ProtocolVersion(bytes.getUnsignedShort(first + 10), bytes.getUnsignedShort(first + 12)),
            new ProtocolVersion(bytes.getUnsignedShort(first + 14), bytes.getUnsignedShort(first + 16)),
            bytes.toString(first + 19, name, StandardCharsets.UTF_8));
        bytes.skipBytes(SIZE);
        return preamble;
    }

    /** How its sender has to be written to. */
    public TextForm texts() {
        return producer.equals(FIRST_PRODUCER) ? TextForm.CHUNKED : TextForm.DEFINITE;
    }

    private static String printable(byte[] start) {
        var text = new String(start, StandardCharsets.US_ASCII);
        return text.chars().allMatch(c -> c >= 0x20 && c < 0x7f) ? " (\"" + text + "\")" : "";
    }

    /**
     * Checks that it opens a file that this implementation can read.
     *
     * @throws Failure if it does not
     */
    public void checkFile(String file) throws Failure {
        if (medium != Medium.FILE || role != Role.SOURCE) {
            throw Failure.here(file, "is not the file of a machine: its preamble is that of a conversation",
                SNAPSHOT_WANTED);
        }
        checkReadable(file);
    }

    /**
     * Checks that what follows is in a version that this implementation can read, without being able to ask for another.
     *
     * @throws Failure if it is not
     */
    public void checkReadable(String file) throws Failure {
        if (lowest.compareTo(ProtocolVersion.CURRENT) > 0 || highest.compareTo(ProtocolVersion.CURRENT) < 0) {
            throw Failure.here(file, "was written in the protocol " + lowest + " to " + highest + " (" + producer
                + "), this side reads " + ProtocolVersion.CURRENT, "bring this side up to date");
        }
    }

    /**
     * The protocol version that both sides speak.
     *
     * @throws Failure if there is none, or the peer is not the other side of a socket
     */
    public ProtocolVersion agree(String peer, Preamble theirs) throws Failure {
        if (theirs.medium != Medium.SOCKET || theirs.role == role) {
            throw Failure.here(peer, theirs.medium != Medium.SOCKET ? "sent a file's preamble"
                : "is a " + role.name().toLowerCase(java.util.Locale.ROOT) + " of migrations like this side",
                "give the address of a Sterna receiver");
        }
        ProtocolVersion version = highest.compareTo(theirs.highest) < 0 ? highest : theirs.highest;
        if (version.compareTo(lowest) < 0 || version.compareTo(theirs.lowest) < 0) {
            throw Failure.here(peer, "speaks the protocol " + theirs.lowest + " to " + theirs.highest + " (" + theirs.producer
                + "), this side " + lowest + " to " + highest, "bring the older side up to date");
        }
        return version;
    }
}
