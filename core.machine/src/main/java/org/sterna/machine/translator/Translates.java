package org.sterna.machine.translator;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.osgi.annotation.bundle.Attribute;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.ComponentPropertyType;

/**
 * Says what a {@link Translator} component translates. From this one annotation come the service's properties ({@code
 * org.sterna.translator.type}, …) and the bundle's capability in the namespace {@value #NAMESPACE}, so that a resolver can
 * reason about a bundle that has never been started. A translator that says otherwise itself is not used.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ComponentPropertyType
@Capability(namespace = Translates.NAMESPACE)
public @interface Translates {
    /** The namespace of the capability. */
    String NAMESPACE = "org.sterna.translator";

    /** The prefix of the service properties. */
    String PREFIX_ = "org.sterna.translator.";

    /** The type whose state it is. */
    @Attribute(NAMESPACE)
    String type();

    /** The state version of the older format. */
    @Attribute("older")
    int older();

    /** The state version of the newer format. */
    @Attribute("newer")
    int newer();
}
