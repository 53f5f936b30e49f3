package org.sterna.machine.cbor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the released jars write is read, and what is written for them is what they write themselves. */
class CborReleaseTest {
    private static final Path REPOSITORY = Path.of("../cnf/repository/org/sterna/org.sterna.core.machine");

    /** The classes of a released jar, over the same libraries. */
    private static final class Released extends URLClassLoader {
        Released(URL jar) {
            super(new URL[] {jar}, CborReleaseTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return !name.startsWith("org.sterna.") ? super.loadClass(name, resolve) : loaded != null ? loaded : findClass(name);
            }
        }

        Object call(String method, Class<?> parameter, Object argument) throws Exception {
            Method found = loadClass(Cbor.class.getName()).getMethod(method, parameter);
            try {
                return found.invoke(null, argument);
            } catch (InvocationTargetException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }

        byte[] encode(Object tree) throws Exception {
            return (byte[]) call("encode", Object.class, tree);
        }

        Object decode(byte[] bytes) throws Exception {
            return call("decode", byte[].class, bytes);
        }
    }

    private static Released release(String version) throws IOException {
        Path jar = REPOSITORY.resolve(version + "/org.sterna.core.machine-" + version + ".jar");
        return new Released(Files.isRegularFile(jar) ? jar.toUri().toURL() : null);
    }

    private static List<Object> trees() {
        return List.of("a", "a".repeat(3996), "a".repeat(3997), "a".repeat(7992), "a".repeat(7993), "a".repeat(100_000),
            "\u20ac".repeat(3997), "\ud83d\udc26".repeat(5000), "a" + "\ud83d\udc26".repeat(5000),
            "a".repeat(3995) + "\ud83d\udc26".repeat(3000),
            Map.of("k".repeat(4096), "v".repeat(5000), "b", List.of(1L, new byte[5000], true, "\u00e9".repeat(4000))),
            Map.of(1L, "v".repeat(4001), -2L, Map.of("later", "w".repeat(9000))),
            IntStream.range(0, 1000).mapToObj(i -> (Object) "text ".repeat(i)).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0.0", "1.1.0"})
    void writesForAReleaseWhatItWritesItself(String version) throws Exception {
        try (Released release = release(version)) {
            for (Object tree : trees()) {
                byte[] theirs = release.encode(tree);
                assertArrayEquals(theirs, Cbor.encodeWithChunkedTexts(tree));
                assertArrayEquals(Cbor.encode(tree), Cbor.encode(Cbor.decode(theirs)));
                assertArrayEquals(theirs, release.encode(release.decode(Cbor.encodeWithChunkedTexts(tree))));
            }
        }
    }

    /** Why a peer of an earlier release is sent what it wrote itself. */
    @ParameterizedTest
    @ValueSource(strings = {"1.0.0", "1.1.0"})
    void aReleaseRefusesALongTextOfDefiniteLength(String version) throws Exception {
        try (Released release = release(version)) {
            byte[] right = Cbor.encode("a".repeat(3997));
            assertEquals("not deterministic CBOR at offset 0",
                assertThrows(Exception.class, () -> release.decode(right)).getMessage());
            assertEquals("a".repeat(3996), release.decode(Cbor.encode("a".repeat(3996))));
        }
    }
}
