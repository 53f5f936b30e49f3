package org.sterna.launcher.internal.control;

/** What a QMP client is told instead of an answer. */
final class QmpException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String kind;

    private QmpException(String kind, String description) {
        super(description);
        this.kind = kind;
    }

    static QmpException generic(String description) {
        return new QmpException("GenericError", description);
    }

    static QmpException notFound(String description) {
        return new QmpException("CommandNotFound", description);
    }

    /** The class of the error in the terms of QMP. */
    String kind() {
        return kind;
    }
}
