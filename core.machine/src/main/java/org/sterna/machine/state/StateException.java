package org.sterna.machine.state;

/** A state that does not fit its schema; the message names the field. */
public final class StateException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String field;

    /** An exception about one field, named from the outermost record on, such as {@code queues[0].size}. */
    public StateException(String field, String message) {
        super((field.isEmpty() ? "" : field + ": ") + message);
        this.field = field;
    }

    /** The field, or the empty string. */
    public String field() {
        return field;
    }
}
