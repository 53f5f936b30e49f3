package org.sterna.karaf.java25.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Proxy;
import java.security.PrivilegedAction;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.FutureTask;
import javax.security.auth.Subject;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;
import org.osgi.framework.hooks.weaving.WovenClass;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWiring;

/** A woven class finds the subject that it is run as, where the same class unwoven fails. */
class SubjectWeaverTest {
    private final Subject operator = new Subject(true, Set.of(new X500Principal("CN=operator")), Set.of(), Set.of());
    private final Subject viewer = new Subject(true, Set.of(new X500Principal("CN=viewer")), Set.of(), Set.of());

    /** What the weaver has made of a class of a bundle. */
    private record Woven(byte[] bytes, List<String> imports) {
        /** An instance of the class as it is now. */
        Caller caller() throws ReflectiveOperationException {
            var loader = new ClassLoader(SubjectWeaverTest.class.getClassLoader()) {
                Class<?> define() {
                    return defineClass(LegacyCaller.class.getName(), bytes, 0, bytes.length);
                }
            };
            return (Caller) loader.define().getConstructor().newInstance();
        }
    }

    private static Woven weave(String symbolicName, Class<?> type) throws IOException {
        byte[] original;
        try (InputStream file = type.getResourceAsStream(type.getSimpleName() + ".class")) {
            original = file.readAllBytes();
        }
        var bytes = new ArrayList<>(List.of(original));
        var imports = new ArrayList<String>();
        var revision = answering(BundleRevision.class,
            symbolicName.isEmpty() ? Map.of() : Map.of("getSymbolicName", symbolicName), bytes);
        var wiring = answering(BundleWiring.class,
            Map.of("getRevision", revision, "getClassLoader", type.getClassLoader()), bytes);
        new SubjectWeaver().weave(answering(WovenClass.class,
            Map.of("getBundleWiring", wiring, "getBytes", original, "getDynamicImports", imports), bytes));
        return new Woven(bytes.getLast(), imports);
    }

    /** Has these answers to calls without arguments, and keeps what is set. */
    private static <T> T answering(Class<T> type, Map<String, Object> answers, List<byte[]> set) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
            if (method.getName().equals("setBytes")) {
                set.add((byte[]) arguments[0]);
            }
            return answers.get(method.getName());
        }));
    }

    private static Caller caller() throws Exception {
        return weave("org.apache.karaf.shell.core", LegacyCaller.class).caller();
    }

    @Test
    void withoutItThereIsNoSubjectToBeHad() {
        Caller caller = new LegacyCaller();
        assertThrows(UnsupportedOperationException.class, caller::current);
    }

    @Test
    void anActionHasTheSubjectThatItIsRunAs() throws Exception {
        Caller caller = caller();
        assertNull(caller.current());
        assertEquals("nobody", caller.names());
        assertSame(operator, caller.doAs(operator, (PrivilegedAction<Subject>) caller::current));
        assertEquals("CN=operator ", caller.doAs(operator, (PrivilegedAction<String>) caller::names));
        assertSame(operator, caller.doAs(operator, (PrivilegedExceptionAction<Subject>) caller::current));
        assertNull(caller.current());
    }

    @Test
    void actionsCanBeInsideOneAnother() throws Exception {
        Caller caller = caller();
        caller.doAs(operator, (PrivilegedAction<Void>) () -> {
            assertSame(viewer, caller.doAs(viewer, (PrivilegedAction<Subject>) caller::current));
            assertNull(caller.doAs(null, (PrivilegedAction<Subject>) caller::current));
            assertSame(operator, caller.current());
            return null;
        });
    }

    @Test
    void aThreadHasTheSubjectOfTheOneThatMadeIt() throws Exception {
        Caller caller = caller();
        var seen = new FutureTask<>(caller::current);
        Thread thread = caller.doAs(operator, (PrivilegedAction<Thread>) () -> new Thread(seen));
        thread.start();
        assertSame(operator, seen.get());
        var later = new FutureTask<>(caller::current);
        new Thread(later).start();
        assertNull(later.get());
    }

    @Test
    void aSubjectThatJavaKnowsIsKnown() throws Exception {
        Caller caller = caller();
        assertSame(viewer, Subject.callAs(viewer, caller::current));
        assertSame(operator, caller.doAs(operator, (PrivilegedAction<Subject>) Subject::current));
    }

    @Test
    void failuresAreThoseOfTheAction() throws Exception {
        Caller caller = caller();
        var failure = assertThrows(PrivilegedActionException.class,
            () -> caller.doAs(operator, (PrivilegedExceptionAction<Void>) () -> {
                throw new IOException("gone");
            }));
        assertInstanceOf(IOException.class, failure.getException());
        assertThrows(IllegalStateException.class, () -> caller.doAs(operator, (PrivilegedAction<Void>) () -> {
            throw new IllegalStateException();
        }));
        assertNull(caller.current());
    }

    @Test
    void aWovenClassImportsWhatItCalls() throws Exception {
        assertEquals(List.of("org.sterna.karaf.java25.internal;for=woven"),
            weave("org.apache.karaf.services.eventadmin", LegacyCaller.class).imports());
    }

    @Test
    void otherBundlesAndOtherClassesStayAsTheyAre() throws Exception {
        Woven other = weave("com.example", LegacyCaller.class);
        assertEquals(List.of(), other.imports());
        assertThrows(UnsupportedOperationException.class, other.caller()::current);
        assertEquals(List.of(), weave("", LegacyCaller.class).imports());
        assertEquals(List.of(), weave("org.apache.karaf.main", Caller.class).imports());
    }
}
