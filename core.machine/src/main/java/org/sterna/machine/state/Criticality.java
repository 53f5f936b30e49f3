package org.sterna.machine.state;

/** What it means for a field of the writer that the reader does not know it. */
public enum Criticality {
    /** The field cannot be dropped. */
    MANDATORY,
    /** The field can be dropped, without loss, as long as its value is its default. */
    IGNORABLE_IF_DEFAULT,
    /** The field is a hint and can always be dropped. */
    IGNORABLE
}
