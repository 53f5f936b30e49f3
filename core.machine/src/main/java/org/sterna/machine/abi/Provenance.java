package org.sterna.machine.abi;

import java.util.Locale;

/** Why a guest property has its value. */
public enum Provenance {
    /** It follows from the machine type. */
    MACHINE_TYPE,
    /** The user said so, when the machine was made or by an explicit change later. */
    USER,
    /** It was read off the host when the machine was created, and is fixed since. */
    HOST;

    /** The word in an ABI document: {@code machine-type}, {@code user} or {@code host}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The provenance of a word.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Provenance of(String word) {
        for (Provenance provenance : values()) {
            if (provenance.word().equals(word)) {
                return provenance;
            }
        }
        throw new IllegalArgumentException("not a provenance: '" + word + "'");
    }
}
