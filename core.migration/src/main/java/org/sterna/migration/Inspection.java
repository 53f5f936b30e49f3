package org.sterna.migration;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sterna.machine.abi.AbiDocument;

/**
 * What is in a snapshot, or in a stream that a source has sent, decoded with nothing but the schemas in it.
 *
 * @param producer  the software that wrote it
 * @param protocol  the newest protocol version that it speaks
 * @param medium    {@code file} or {@code socket}
 * @param whole     whether it goes to the end; a stream that was cut between two frames does not
 * @param name      the machine's name at the source
 * @param abi       the guest ABI
 * @param running   whether the guest ran
 * @param dataPages the pages that came with data, each as often as it came
 * @param zeroPages the pages that came as zero, each as often as it came
 * @param frames    how many frames of each type there are
 * @param sections  the states, in the order of the manifest
 */
public record Inspection(String producer, String protocol, String medium, boolean whole, String name, AbiDocument abi,
        boolean running, long dataPages, long zeroPages, SortedMap<String, Frames> frames, List<Section> sections) {
    /** Copies the collections. */
    public Inspection {
        frames = Collections.unmodifiableSortedMap(new TreeMap<>(frames));
        sections = List.copyOf(sections);
    }

    /**
     * The frames of one type.
     *
     * @param number how many
     * @param bytes  the sum of their payloads in bytes
     */
    public record Frames(long number, long bytes) {
    }

    /**
     * The state of one part.
     *
     * @param path    the part
     * @param type    its type
     * @param bundle  the version of the bundle that wrote it
     * @param version the version of its schema
     * @param fields  the fields by name, each a {@link Boolean}, {@link Long}, {@link String}, {@code byte[]}, a list, or a
     *                map of fields; null if the section is not there
     */
    public record Section(String path, String type, String bundle, int version, Map<String, Object> fields) {
    }
}
