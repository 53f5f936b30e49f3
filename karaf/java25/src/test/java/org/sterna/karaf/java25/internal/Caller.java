package org.sterna.karaf.java25.internal;

import java.security.PrivilegedAction;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import javax.security.auth.Subject;

/** What {@link LegacyCaller} does, whichever class loader it comes from. */
public interface Caller {
    Subject current();

    String names();

    <T> T doAs(Subject subject, PrivilegedAction<T> action);

    <T> T doAs(Subject subject, PrivilegedExceptionAction<T> action) throws PrivilegedActionException;
}
