package org.sterna.machine.abi;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The fully resolved guest ABI of one machine. It is fixed when the machine is created and travels with it; two
 * machines look the same to their guests if and only if their documents have the same {@linkplain #fingerprint()}.
 *
 * @param machineType the name of the machine type
 * @param memory      the size of guest memory in bytes
 * @param processors  the number of processors, at least 1
 * @param board       the board
 * @param processor   each of the processors
 * @param devices     the devices, by path
 */
public record AbiDocument(String machineType, long memory, int processors, PartAbi board, PartAbi processor,
        SortedMap<String, PartAbi> devices) {
    /** Copies the devices. */
    public AbiDocument {
        devices = Collections.unmodifiableSortedMap(new TreeMap<>(devices));
    }

    /** The canonical JSON of the document (RFC 8785), with the provenance of each value. */
    public String toJson() {
        return AbiJson.write(this, true);
    }

    /**
     * The document of a JSON text.
     *
     * @throws IllegalArgumentException if the text is not such a document; the message says what and where
     */
    public static AbiDocument fromJson(String json) {
        return AbiJson.read(json);
    }

    /** SHA-256 of the canonical JSON without provenance, as 64 hexadecimal digits. */
    public String fingerprint() {
        return AbiJson.fingerprint(this);
    }
}
