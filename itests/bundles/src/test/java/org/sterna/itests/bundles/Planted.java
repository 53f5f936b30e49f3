package org.sterna.itests.bundles;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Hashtable;
import java.util.function.UnaryOperator;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.processor.ProcessorFactory;

/**
 * A bundle newer than all others that contributes what an installed one does, but for a change: until it is closed,
 * machines are made of it.
 */
final class Planted implements AutoCloseable {
    private final Bundle bundle;

    private Planted(Bundle bundle) {
        this.bundle = bundle;
    }

    /** What is done in place of a call. */
    @FunctionalInterface
    interface Interceptor {
        Object call(String method, Object[] arguments, Original original) throws Throwable;
    }

    /** The call as it was meant. */
    @FunctionalInterface
    interface Original {
        Object call(Object... arguments) throws Throwable;
    }

    /** Contributes a changed factory in place of the newest installed one of a type. */
    static <F> Planted instead(Class<F> kind, String type, UnaryOperator<F> change)
            throws IOException, BundleException, InvalidSyntaxException {
        BundleContext context = FrameworkUtil.getBundle(Planted.class).getBundleContext();
        ServiceReference<F> original = context.getServiceReferences(kind, null).stream()
            .filter(reference -> type(context.getService(reference)).equals(type))
            .max((a, b) -> a.getBundle().getVersion().compareTo(b.getBundle().getVersion())).orElseThrow();
        var properties = new Hashtable<String, Object>();
        for (String key : original.getPropertyKeys()) {
            properties.put(key, original.getProperty(key));
        }
        Bundle bundle = context.installBundle("planted:" + type, new ByteArrayInputStream(emptyBundle()));
        bundle.start();
        bundle.getBundleContext().registerService(kind, change.apply(context.getService(original)), properties);
        return new Planted(bundle);
    }

    private static String type(Object factory) {
        return switch (factory) {
            case DeviceFactory device -> device.model().type();
            case BoardFactory board -> board.model().type();
            case ProcessorFactory processor -> processor.model().type();
            default -> throw new IllegalArgumentException("not a factory: " + factory);
        };
    }

    private static byte[] emptyBundle() throws IOException {
        var manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", "org.sterna.itests.planted");
        headers.putValue("Bundle-Version", "99.0.0");
        var bytes = new ByteArrayOutputStream();
        new JarOutputStream(bytes, manifest).close();
        return bytes.toByteArray();
    }

    /** The same object but for the answers of one method. */
    static <T> T change(Class<T> type, T original, String name, UnaryOperator<Object> changed) {
        return intercept(type, original, (method, arguments, call) -> {
            Object answer = call.call(arguments);
            return method.equals(name) ? changed.apply(answer) : answer;
        });
    }

    /** The same object but for the calls that an interceptor changes. */
    static <T> T intercept(Class<T> type, T original, Interceptor interceptor) {
        return type.cast(Proxy.newProxyInstance(Planted.class.getClassLoader(), new Class<?>[] {type},
            (proxy, method, arguments) -> interceptor.call(method.getName(), arguments, changed -> {
                try {
                    return method.invoke(original, changed);
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            })));
    }

    @Override
    public void close() throws BundleException {
        bundle.uninstall();
    }
}
