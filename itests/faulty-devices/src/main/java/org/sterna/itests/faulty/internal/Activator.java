package org.sterna.itests.faulty.internal;

import java.nio.file.Path;
import java.util.Hashtable;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.util.tracker.ServiceTracker;
import org.osgi.util.tracker.ServiceTrackerCustomizer;
import org.sterna.machine.device.DeviceFactory;

/**
 * Contributes every device type that another bundle contributes once more, in this bundle's version, which is newer
 * than all others. The framework's property {@value #FOLDER} names the folder of {@link Faults}.
 */
public final class Activator implements BundleActivator {
    private static final String FOLDER = "org.sterna.itests.faults";
    private static final String OURS = "org.sterna.itests.faulty";
    private static final String OTHERS = "(&(objectClass=org.sterna.machine.device.DeviceFactory)(!(" + OURS + "=*)))";

    private ServiceTracker<DeviceFactory, ServiceRegistration<DeviceFactory>> others;

    @Override
    public void start(BundleContext context) throws InvalidSyntaxException {
        String folder = context.getProperty(FOLDER);
        if (folder != null) {
            others = new ServiceTracker<>(context, context.createFilter(OTHERS),
                new Copies(context, new Faults(Path.of(folder))));
            others.open();
        }
    }

    @Override
    public void stop(BundleContext context) {
        if (others != null) {
            others.close();
        }
    }

    private record Copies(BundleContext context, Faults faults)
            implements ServiceTrackerCustomizer<DeviceFactory, ServiceRegistration<DeviceFactory>> {
        @Override
        public ServiceRegistration<DeviceFactory> addingService(ServiceReference<DeviceFactory> other) {
            var properties = new Hashtable<String, Object>();
            for (String key : other.getPropertyKeys()) {
                properties.put(key, other.getProperty(key));
            }
            properties.put(OURS, true);
            return context.registerService(DeviceFactory.class, new FaultyFactory(context.getService(other), faults),
                properties);
        }

        @Override
        public void modifiedService(ServiceReference<DeviceFactory> other, ServiceRegistration<DeviceFactory> copy) {
            // What a device type is does not change.
        }

        @Override
        public void removedService(ServiceReference<DeviceFactory> other, ServiceRegistration<DeviceFactory> copy) {
            copy.unregister();
            context.ungetService(other);
        }
    }
}
