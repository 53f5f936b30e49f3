package org.sterna.testkit.probe;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Version;
import org.sterna.machine.device.DeviceFactory;

/**
 * A device bundle as it was released, used without a framework: its own classes come from its jar, even if the class path
 * has newer ones of the same name, and everything else from the class path.
 */
public final class ReleasedBundle implements AutoCloseable {
    private static final Pattern IMPLEMENTATION = Pattern.compile("<implementation\\s+class=\"([^\"]+)\"");

    private final String name;
    private final Version version;
    private final OwnClassesFirst loader;
    private final DeviceFactory factory;

    /**
     * Opens a jar.
     *
     * @throws IOException              if it cannot be read
     * @throws IllegalArgumentException if it is not a bundle with one component that is a {@link DeviceFactory}
     */
    public ReleasedBundle(Path jar) throws IOException {
        this(jar.getFileName().toString(), jar.toUri().toURL(), Described.by(jar));
    }

    private ReleasedBundle(String name, URL classes, Described described) throws IOException {
        this.name = name;
        this.version = described.version();
        loader = new OwnClassesFirst(classes);
        try {
            factory = (DeviceFactory) loader.loadClass(described.implementation()).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException | ClassCastException e) {
            loader.close();
            throw new IllegalArgumentException(name + ": " + described.implementation() + " is not a device's factory: " + e, e);
        }
    }

    /**
     * The code of a factory once more, as a bundle of its own: from the folder or the jar that it comes from.
     *
     * @throws IllegalArgumentException if the factory is not public or has no constructor without parameters
     */
    public static ReleasedBundle again(DeviceFactory factory) throws IOException {
        Class<?> type = factory.getClass();
        return new ReleasedBundle(type.getName(), type.getProtectionDomain().getCodeSource().getLocation(),
            new Described(type.getName(), Version.emptyVersion));
    }

    /** What a jar says of itself. */
    private record Described(String implementation, Version version) {
        static Described by(Path jar) throws IOException {
            try (var file = new JarFile(jar.toFile())) {
                return new Described(implementation(jar, file),
                    Version.parseVersion(file.getManifest().getMainAttributes().getValue("Bundle-Version")));
            }
        }

        private static String implementation(Path jar, JarFile file) throws IOException {
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

    /** The version of the bundle. */
    public Version version() {
        return version;
    }

    /** Its device type. */
    public DeviceFactory factory() {
        return factory;
    }

    /** The name of the jar. */
    @Override
    public String toString() {
        return name;
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
