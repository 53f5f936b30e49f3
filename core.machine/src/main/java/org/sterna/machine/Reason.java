package org.sterna.machine;

import java.util.Objects;

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
    /** Checks that nothing is null. */
    public Reason {
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(item, "item");
        Objects.requireNonNull(cause, "cause");
        Objects.requireNonNull(remedy, "remedy");
    }

    /** A reason about a subject as a whole. */
    public static Reason of(String subject, String cause, String remedy) {
        return new Reason(subject, "", cause, remedy);
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
