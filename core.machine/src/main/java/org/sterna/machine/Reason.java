package org.sterna.machine;

import java.util.regex.Pattern;
import org.sterna.machine.text.CauseText;

/**
 * Why something is refused or has failed, in a form that a person can act on and a program can pass on. It crosses
 * the wire whole, so the source of a migration shows exactly what its destination said.
 *
 * @param subject the part that it is about, as a stable path ({@code /virtio-blk@0}), or a machine, file or peer
 * @param item    the field, feature, property or argument of the subject, or the empty string
 * @param cause   what is wrong, in one sentence without a full stop
 * @param remedy  what the reader can do about it, or the empty string
 */
public record Reason(String subject, String item, String cause, String remedy) {
    private static final Pattern CONTROL = Pattern.compile("\\p{Cc}");

    /** Makes control characters visible: much of the text was said by a peer, a file or a guest, and ends on terminals. */
    public Reason {
        subject = printable(subject);
        item = printable(item);
        cause = printable(cause);
        remedy = printable(remedy);
    }

    private static String printable(String text) {
        return CONTROL.matcher(text).replaceAll(control -> String.format("\\\\x%02x", (int) control.group().charAt(0)));
    }

    /** A reason about a subject as a whole. */
    public static Reason of(String subject, String cause, String remedy) {
        return new Reason(subject, "", cause, remedy);
    }

    /**
     * What a failure says, in words for people, for the cause of a reason or another message: the first line of its
     * message, or other words where that is only the name of a file, or a parser's, or nothing at all.
     *
     * @return one line, never empty
     * @since 1.4
     */
    public static String causeOf(Throwable failure) {
        return CauseText.of(failure);
    }

    /** One line: {@code subject.item: cause (remedy)}. */
    @Override
    public String toString() {
        var text = new StringBuilder(subject);
        if (!item.isEmpty()) {
            text.append(subject.isEmpty() ? "" : ".").append(item);
        }
        if (!text.isEmpty()) {
            text.append(": ");
        }
        text.append(cause);
        if (!remedy.isEmpty()) {
            text.append(" (").append(remedy).append(')');
        }
        return text.toString();
    }
}
