package org.sterna.karaf.java25.internal;

import java.security.AccessControlContext;
import java.security.PrivilegedAction;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import javax.security.auth.Subject;
import javax.security.auth.SubjectDomainCombiner;

/**
 * Knows the current subject as the Security Manager did: it is that of the context in which an action runs, and threads that are
 * made there have it too. Woven classes call these methods in place of those of the same names and signatures.
 */
@SuppressWarnings("removal")
public final class Subjects {
    /** {@link Subject#current()} is not passed on to other threads, and a console runs its commands in those. */
    private static final InheritableThreadLocal<Subject> INHERITED = new InheritableThreadLocal<>();

    private Subjects() {
    }

    /** The current subject, or null; in place of {@link Subject#getSubject}, which throws. */
    public static Subject getSubject(AccessControlContext context) {
        Subject current = Subject.current();
        return current != null ? current : INHERITED.get();
    }

    /** Runs an action as the subject of a context; in place of {@code AccessController}'s, which ignores the context. */
    public static <T> T doPrivileged(PrivilegedAction<T> action, AccessControlContext context) {
        Subject outer = INHERITED.get();
        INHERITED.set(subjectOf(context));
        try {
            return Subject.doAs(INHERITED.get(), action);
        } finally {
            INHERITED.set(outer);
        }
    }

    /** The same for an action that may throw. */
    public static <T> T doPrivileged(PrivilegedExceptionAction<T> action, AccessControlContext context)
            throws PrivilegedActionException {
        Subject outer = INHERITED.get();
        INHERITED.set(subjectOf(context));
        try {
            return Subject.doAs(INHERITED.get(), action);
        } finally {
            INHERITED.set(outer);
        }
    }

    private static Subject subjectOf(AccessControlContext context) {
        return context != null && context.getDomainCombiner() instanceof SubjectDomainCombiner combiner
            ? combiner.getSubject() : null;
    }
}
