package org.sterna.migration.internal.wire;

import java.util.List;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;

/** What ends a migration before its time: every reason at once, and who found them. */
public final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    /** Who ended it. */
    public enum Origin {
        /** This side; the peer has to be told. */
        HERE,
        /** The peer said so itself. */
        PEER,
        /** The line is gone; nobody can be told. */
        LINE,
        /** The operator, at the source. */
        CANCELLED
    }

    /** How a reason begins that nobody has foreseen. */
    public static final String DEFECT = "something unforeseen went wrong";

    private final Origin origin;
    private final transient List<Reason> reasons;

    /** A failure with at least one reason. */
    public Failure(Origin origin, List<Reason> reasons) {
        super(String.join("; ", reasons.stream().map(Reason::toString).toList()));
        this.origin = origin;
        this.reasons = List.copyOf(reasons);
    }

    /** A failure found here. */
    public static Failure here(String subject, String cause, String remedy) {
        return new Failure(Origin.HERE, List.of(Reason.of(subject, cause, remedy)));
    }

    /** A failure of the line to a peer. */
    public static Failure line(String peer, String cause) {
        return new Failure(Origin.LINE, List.of(Reason.of(peer, cause, "")));
    }

    /** A failure found here by something that threw; a defect of this side must not leave the other one without words. */
    public static Failure of(String subject, Throwable thrown) {
        return switch (thrown) {
            case Failure failure -> failure;
            case MachineException refused -> new Failure(Origin.HERE, refused.reasons());
            case OutOfMemoryError full -> here(subject, "this process is out of memory or of threads: " + full.getMessage(),
                "give it more, or run fewer machines in it");
            default -> here(subject, DEFECT + ": " + thrown.toString().lines().findFirst().orElse(""), "report it");
        };
    }

    /** Who ended it. */
    public Origin origin() {
        return origin;
    }

    /** Why, in the order in which it was found. */
    public List<Reason> reasons() {
        return reasons;
    }
}
