package org.sterna.karaf.java25.internal;

import java.security.AccessControlContext;
import java.security.AccessController;
import java.security.Principal;
import java.security.PrivilegedAction;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import javax.security.auth.Subject;
import javax.security.auth.SubjectDomainCombiner;

/** Asks for the current subject, and runs actions as one, by the calls that Karaf's classes have. */
@SuppressWarnings("removal")
public final class LegacyCaller implements Caller {
    @Override
    public Subject current() {
        return Subject.getSubject(AccessController.getContext());
    }

    /** Has branches and a loop around the call, so that its stack map is needed. */
    @Override
    public String names() {
        Subject subject = Subject.getSubject(AccessController.getContext());
        CharSequence names = subject == null ? "nobody" : new StringBuilder();
        if (names instanceof StringBuilder text) {
            for (Principal principal : subject.getPrincipals()) {
                text.append(principal.getName()).append(' ');
            }
        }
        return names.toString();
    }

    private static AccessControlContext context(Subject subject) {
        return new AccessControlContext(AccessController.getContext(),
            subject == null ? null : new SubjectDomainCombiner(subject));
    }

    @Override
    public <T> T doAs(Subject subject, PrivilegedAction<T> action) {
        return AccessController.doPrivileged(action, context(subject));
    }

    @Override
    public <T> T doAs(Subject subject, PrivilegedExceptionAction<T> action) throws PrivilegedActionException {
        return AccessController.doPrivileged(action, context(subject));
    }
}
