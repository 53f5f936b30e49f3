package org.sterna.provisioning.internal.signature;

/** Why a certificate or a signature does not count; the message is for people and says who and what. */
final class Objection extends Exception {
    private static final long serialVersionUID = 1L;

    /** One with a message. */
    Objection(String message) {
        super(message);
    }
}
