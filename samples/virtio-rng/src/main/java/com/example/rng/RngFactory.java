package com.example.rng;

import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.sterna.device.virtio.RingFeatures;
import org.sterna.device.virtio.VirtioMmio;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceModel;
import org.sterna.machine.state.StateType;

/** The device type {@code virtio-rng}: an entropy device (virtio 1.3, section 5.4). */
@Component
@DeviceModel(type = RngFactory.TYPE, abi = "1.0", state = 1, features = {"indirect-desc", "event-idx", "version-1"})
public final class RngFactory implements DeviceFactory {
    static final String TYPE = "virtio-rng";
    static final Property<Long> QUEUE_SIZE = Property.guest("queue-size", new PropertyType.Number(1, 1024)).defaultValue(64L)
        .meaning("The greatest size of the request queue, a power of two.");

    static final Model MODEL = new Model(TYPE, new AbiVersion(1, 0), properties(), StateType.of(TYPE, RngState.class));

    private static List<Property<?>> properties() {
        var properties = new ArrayList<Property<?>>(List.of(QUEUE_SIZE));
        properties.addAll(RingFeatures.ALL);
        return properties;
    }

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public String slot() {
        return VirtioMmio.SLOT;
    }

    @Override
    public Device<?> create(DeviceContext context) {
        return new RngDevice(context);
    }
}
