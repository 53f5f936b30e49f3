package org.sterna.machine.processor;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Attribute;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Says what processor type a {@link ProcessorFactory} component provides, as {@link org.sterna.machine.device.DeviceModel} does
 * for a device: in the service's properties ({@code org.sterna.processor.type}, …) and in the bundle's capability in the
 * namespace {@value #NAMESPACE}, so that a resolver can reason about a bundle that has never been started. It must say what
 * {@link ProcessorFactory#model()} says; a processor without it works, but no resolver finds it.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ComponentPropertyType
@Capability(namespace = ProcessorModel.NAMESPACE)
public @interface ProcessorModel {
    /** The namespace of the capability. */
    String NAMESPACE = "org.sterna.processor";

    /** The prefix of the service properties. */
    String PREFIX_ = "org.sterna.processor.";

    /** The processor type. */
    @Attribute(NAMESPACE)
    String type();

    /** The newest ABI version, {@code major.minor}. */
    @Attribute("abi:Version")
    String abi();

    /** The version of the state's schema. */
    @Attribute("state")
    int state();
}
