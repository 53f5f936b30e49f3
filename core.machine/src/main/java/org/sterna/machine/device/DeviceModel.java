package org.sterna.machine.device;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Attribute;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Says what device type a {@link DeviceFactory} component provides. From this one annotation come the service's
 * properties ({@code org.sterna.device.type}, …) and the bundle's capability in the namespace {@value #NAMESPACE}, so
 * that a resolver can reason about a bundle that has never been started. A factory whose {@link DeviceFactory#model()}
 * says otherwise is not used.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ComponentPropertyType
@Capability(namespace = DeviceModel.NAMESPACE)
public @interface DeviceModel {
    /** The namespace of the capability. */
    String NAMESPACE = "org.sterna.device";

    /** The prefix of the service properties. */
    String PREFIX_ = "org.sterna.device.";

    /** The device type. */
    @Attribute(NAMESPACE)
    String type();

    /** The newest ABI version, {@code major.minor}. */
    @Attribute("abi:Version")
    String abi();

    /** The version of the state's schema. */
    @Attribute("state")
    int state();

    /** The names of all features. */
    @Attribute("features")
    String[] features() default {};
}
