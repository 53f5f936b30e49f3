package org.sterna.machine.cbor;

import java.nio.charset.StandardCharsets;

/** What CBOR asks of texts. */
final class CborText {
    private CborText() {
    }

    /** Whether a text has no code point above U+007F. */
    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** Whether a text has an encoding in UTF-8, which half of a surrogate pair does not have. */
    static boolean isWellFormed(String text) {
        return isAscii(text) || StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** Whether a text consists of an optional minus and then one or more ASCII digits only. */
    static boolean readsAsInteger(String text) {
        int first = text.startsWith("-") ? 1 : 0;
        for (int i = first; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return text.length() > first;
    }

    /** Whether a text has more than so many bytes in UTF-8. */
    static boolean isLonger(String text, int bytes) {
        return text.length() > bytes / 3 && text.getBytes(StandardCharsets.UTF_8).length > bytes;
    }
}
