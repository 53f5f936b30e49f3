package org.sterna.migration.internal.wire;

/** The frames of protocol 1.0 (specification, section 4). */
public enum FrameType {
    /** Capabilities; both sides. */
    HELLO(1, 1 << 16),
    /** What the source has to send. */
    MANIFEST(2, 1 << 20),
    /** The destination's answer. */
    VERDICT(3, 1 << 20),
    /** The source goes ahead. */
    START(4, 1 << 12),
    /** The destination has built the machine. */
    READY(5, 1 << 12),
    /** Pages of a bulk region; on a line the one frame with content that is not CBOR. */
    PAGES(6, (1 << 20) + (1 << 14)),
    /** The end of a pre-copy round. */
    ROUND(7, 1 << 12),
    /** All pages of a round are in memory. */
    ROUND_DONE(8, 1 << 12),
    /** The state of one part. */
    SECTION(9, 1 << 22),
    /** All has been sent. */
    FINISH(10, 1 << 12),
    /** All has been restored; digests. */
    LOADED(11, 1 << 20),
    /** The destination owns the guest from now on. */
    COMMIT(12, 1 << 12),
    /** The destination knows that it owns the guest. */
    TAKEN(13, 1 << 12),
    /** The guest runs at the destination. */
    RUNNING(14, 1 << 12),
    /** The source only wanted the verdict. */
    BYE(15, 1 << 12),
    /** The operator gave it up. */
    CANCEL(16, 1 << 12),
    /** The end, with reasons; either side. */
    ERROR(17, 1 << 18),
    /** Nothing but a sign of life; either side. */
    KEEPALIVE(18, 0),
    /** Nothing, so that pages begin where a host can map them; files only. */
    PAD(19, 1 << 13),
    /** Where everything is; files only. */
    INDEX(20, 1 << 26),
    /** The last frame of a whole file; files only. */
    END(21, 16);

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

    private final int code;
    private final int maxLength;

    FrameType(int code, int maxLength) {
        this.code = code;
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

    /** Whether it has its place in files only. */
    boolean inFilesOnly() {
        return code >= PAD.code;
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
