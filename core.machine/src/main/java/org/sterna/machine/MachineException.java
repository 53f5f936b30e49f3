package org.sterna.machine;

import java.util.List;

/**
 * A request that cannot be done, with every reason at once. It stands for a user's or a peer's mistake or for a
 * failing host resource, never for a defect of Sterna: front ends print the reasons and no stack trace.
 */
public final class MachineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** How a front end answers. */
    public enum Kind {
        /** The request itself is wrong: an unknown name, a malformed value (exit code 2). */
        USAGE,
        /** The request is right and cannot be done (exit code 1). */
        FAILED
    }

    private final Kind kind;
    private final transient List<Reason> reasons;

    /** An exception with at least one reason. */
    public MachineException(Kind kind, List<Reason> reasons) {
        this(kind, reasons, null);
    }

    /** An exception with at least one reason and what caused it. */
    public MachineException(Kind kind, List<Reason> reasons, Throwable cause) {
        super(String.join("; ", reasons.stream().map(Reason::toString).toList()), cause);
        this.kind = kind;
        this.reasons = List.copyOf(reasons);
    }

    /** A wrong request. */
    public static MachineException usage(String subject, String item, String cause, String remedy) {
        return new MachineException(Kind.USAGE, List.of(new Reason(subject, item, cause, remedy)));
    }

    /** A request that cannot be done. */
    public static MachineException failed(String subject, String item, String cause, String remedy) {
        return new MachineException(Kind.FAILED, List.of(new Reason(subject, item, cause, remedy)));
    }

    /** Whose mistake it is. */
    public Kind kind() {
        return kind;
    }

    /** All reasons, in the order in which they were found. */
    public List<Reason> reasons() {
        return reasons;
    }
}
