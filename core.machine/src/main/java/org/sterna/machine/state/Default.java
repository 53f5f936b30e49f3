package org.sterna.machine.state;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The default value of a field: what a reader assumes when a writer does not know the field. A field with a default
 * is {@link Criticality#IGNORABLE_IF_DEFAULT} unless it is also marked {@link Mandatory} or {@link Ignorable}.
 */
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Default {
    /**
     * The value as text: {@code true}, an integer ({@code 0x} for hexadecimal), a text, or hexadecimal digits for
     * bytes. For lists and structures only the empty text: the empty list, and the structure of all its own defaults.
     */
    String value();
}
