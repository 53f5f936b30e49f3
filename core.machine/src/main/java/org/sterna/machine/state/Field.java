package org.sterna.machine.state;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a record component a field of a state schema. The name is the component's, the type follows from its Java
 * type (see {@link FieldType}). An id is never given to another field again; a change of meaning takes a new id.
 */
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Field {
    /** The id, at least 1 and unique in the record; the short form of {@link #id()}. */
    int value() default 0;

    /** The id, at least 1 and unique in the record. */
    int id() default 0;

    /** The state version that brought the field. */
    int since() default 1;

    /**
     * The extension that the field belongs to, or nothing. The fields of an extension do not raise the state version,
     * so that a stable branch can carry one fix's state without everything else of a later version.
     */
    String extension() default "";
}
