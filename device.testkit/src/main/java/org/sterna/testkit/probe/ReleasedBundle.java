package org.sterna.testkit.probe;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sterna.machine.device.DeviceFactory;

/**
 * A device bundle as it was released, used without a framework: its own classes come from its jar, even if the class path
 * has newer ones of the same name, and everything else from the class path.
 */
public final class ReleasedBundle implements AutoCloseable {
    private static final Pattern IMPLEMENTATION = Pattern.compile("<implementation\\s+class=\"([^\"]+)\"");

    private final Path jar;
    private final OwnClassesFirst loader;
    private final DeviceFactory factory;

    /**
     * Opens a jar.
     *
     * @throws IOException              if it cannot be read
     * @throws IllegalArgumentException if it is not a bundle with one component that is a {@link DeviceFactory}
     */
    public ReleasedBundle(Path jar) throws IOException {
        this.jar = jar;
        String implementation = implementation(jar);
        loader = new OwnClassesFirst(jar.toUri().toURL());
        try {
            factory = (DeviceFactory) loader.loadClass(implementation).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            loader.close();
            throw new IllegalArgumentException(jar + ": " + implementation + " is not a device's factory: " + e, e);
        }
    }

    private static String implementation(Path jar) throws IOException {
        try (var file = new JarFile(jar.toFile())) {
            String component = file.getManifest().getMainAttributes().getValue("Service-Component");
            if (component == null || file.getEntry(component) == null) {
                throw new IllegalArgumentException(jar + " has not exactly one component");
            }
            var xml = new String(file.getInputStream(file.getEntry(component)).readAllBytes());
            Matcher matcher = IMPLEMENTATION.matcher(xml);
            if (!matcher.find()) {
                throw new IllegalArgumentException(jar + ": " + component + " names no implementation");
            }
            return matcher.group(1);
        }
    }

    /** Its device type. */
    public DeviceFactory factory() {
        return factory;
    }

    /** The name of the jar. */
    @Override
    public String toString() {
        return jar.getFileName().toString();
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }

    private static final class OwnClassesFirst extends URLClassLoader {
        OwnClassesFirst(URL jar) {
            super(new URL[] {jar}, ReleasedBundle.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                if (loaded == null && findResource(name.replace('.', '/') + ".class") != null) {
                    loaded = findClass(name);
                }
                return loaded == null ? super.loadClass(name, resolve) : loaded;
            }
        }
    }
}
