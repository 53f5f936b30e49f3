package org.sterna.migration.internal.wire;

/** The frames of protocol 1.0 (specification, section 4). */
public enum FrameType {
    /** Capabilities; both sides. */
    HELLO(1, Sender.BOTH, 1 << 16),
    /** What the source has to send. */
    MANIFEST(2, Sender.SOURCE, 1 << 20),
    /** The destination's answer. */
    VERDICT(3, Sender.DESTINATION, 1 << 20),
    /** The source goes ahead. */
    START(4, Sender.SOURCE, 1 << 12),
    /** The destination has built the machine. */
    READY(5, Sender.DESTINATION, 1 << 12),
    /** Pages of a bulk region; on a line the one frame with content that is not CBOR. */
    PAGES(6, Sender.SOURCE, (1 << 20) + (1 << 14)),
    /** The end of a pre-copy round. */
    ROUND(7, Sender.SOURCE, 1 << 12),
    /** All pages of a round are in memory. */
    ROUND_DONE(8, Sender.DESTINATION, 1 << 12),
    /** The state of one part. */
    SECTION(9, Sender.SOURCE, 1 << 22),
    /** All has been sent. */
    FINISH(10, Sender.SOURCE, 1 << 12),
    /** All has been restored; digests. */
    LOADED(11, Sender.DESTINATION, 1 << 20),
    /** The destination owns the guest from now on. */
    COMMIT(12, Sender.SOURCE, 1 << 12),
    /** The destination knows that it owns the guest. */
    TAKEN(13, Sender.DESTINATION, 1 << 12),
    /** The guest runs at the destination. */
    RUNNING(14, Sender.DESTINATION, 1 << 12),
    /** The source only wanted the verdict. */
    BYE(15, Sender.SOURCE, 1 << 12),
    /** The operator gave it up. */
    CANCEL(16, Sender.SOURCE, 1 << 12),
    /** The end, with reasons; either side. */
    ERROR(17, Sender.BOTH, 1 << 18),
    /** Nothing but a sign of life; either side. */
    KEEPALIVE(18, Sender.BOTH, 0),
    /** Nothing, so that pages begin where a host can map them; files only. */
    PAD(19, Sender.FILE, 1 << 13),
    /** Where everything is; files only. */
    INDEX(20, Sender.FILE, 1 << 26),
    /** The last frame of a whole file; files only. */
    END(21, Sender.FILE, 16);

    /** From this type on a payload starts with the frame's name, so that whoever does not know it can name it. */
    public static final int FIRST_NAMED = 0x100;
    /** The longest payload of a frame of unknown type. */
    public static final int MAX_UNKNOWN = 1 << 20;
    /** The flag of a frame that must not be skipped. */
    public static final int MANDATORY = 1;

    private static final FrameType[] BY_CODE = new FrameType[values().length + 1];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    /** Who sends a frame. */
    enum Sender {
        /** The source, also into a file. */
        SOURCE,
        /** The destination. */
        DESTINATION,
        /** Either side. */
        BOTH,
        /** The source, into files only. */
        FILE
    }

    private final int code;
    private final Sender sender;
    private final int maxLength;

    FrameType(int code, Sender sender, int maxLength) {
        this.code = code;
        this.sender = sender;
        this.maxLength = maxLength;
    }

    /** The number on the wire. */
    public int code() {
        return code;
    }

    /** The longest payload in bytes. */
    public int maxLength() {
        return maxLength;
    }

    /**
     * Checks that a payload may be sent, which no peer could read if it were too long.
     *
     * @throws Failure if it is too long
     */
    public void checkLength(int length) throws Failure {
        if (length > maxLength) {
            throw Failure.here("a message " + this, "would have " + length + " bytes, more than the limit of " + maxLength, "");
        }
    }

    /** The flags that this implementation sends. */
    public int flags() {
        return this == KEEPALIVE || this == PAD ? 0 : MANDATORY;
    }

    /** Who sends it. */
    Sender sender() {
        return sender;
    }

    /** Whether one side of a line sends it. */
    boolean isFrom(Preamble.Role side) {
        return sender == Sender.BOTH || sender.name().equals(side.name());
    }

    /** Whether it has its place in files only. */
    boolean inFilesOnly() {
        return sender == Sender.FILE;
    }

    /** The type of a number, or null. */
    public static FrameType of(int code) {
        return code < BY_CODE.length ? BY_CODE[code] : null;
    }

    /** The longest payload of a type by its number, known here or not. */
    public static int maxLength(int code) {
        FrameType type = of(code);
        return type == null ? MAX_UNKNOWN : type.maxLength;
    }
}
