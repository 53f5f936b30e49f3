package org.sterna.machine.state;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a field as a hint that a reader may do without, whatever its value; it needs a {@link Default}. */
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Ignorable {
    /** Why the guest cannot notice that the field is lost. */
    String value();
}
