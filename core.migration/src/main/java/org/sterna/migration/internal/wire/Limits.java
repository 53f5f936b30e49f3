package org.sterna.migration.internal.wire;

/** What a message may hold at most, besides the limits of its frame and of CBOR (specification, section 9). */
public final class Limits {
    /** The items of a list or map for which nothing else is said. */
    public static final int ITEMS = 4096;
    /** The fields of a structure. */
    public static final int FIELDS = 1024;
    /** The capabilities that a side offers. */
    public static final int CAPABILITIES = 256;
    /** The parameters of a capability, and the values of each. */
    public static final int PARAMETERS = 64;
    /** The ids of a field path. */
    public static final int PATH = 32;
    /** A text for which nothing else is said, in bytes of UTF-8. */
    public static final int TEXT = 1 << 12;
    /** The cause or remedy of a reason and the value of a host property, in bytes of UTF-8. */
    public static final int LONG_TEXT = 1 << 16;
    /** The ABI document, in bytes of UTF-8. */
    public static final int ABI_DOCUMENT = 1 << 20;
    /** The data of all sections of a machine together, in bytes. */
    public static final int SECTIONS = 1 << 25;
    /** The conversations that a destination has at once. */
    public static final int CONVERSATIONS = 16;

    private Limits() {
    }
}
