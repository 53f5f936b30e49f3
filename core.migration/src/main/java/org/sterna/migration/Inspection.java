package org.sterna.migration;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;

/**
 * What is in a snapshot, or in what one side has sent over a line, decoded with nothing but the schemas in it.
 *
 * @param producer  the software that wrote it
 * @param protocol  the newest protocol version that it speaks
 * @param medium    {@code file} or {@code socket}
 * @param role      {@code source} or {@code destination}, whoever has sent it
 * @param whole     whether it goes to the end, as its last frame says
 * @param cut       where a stream ends that was cut within a frame, or the empty string
 * @param name      the machine's name at the source, or the empty string
 * @param abi       the guest ABI; null where no manifest is
 * @param running   whether the guest ran; false where that has not been said, which {@link #ran} tells apart
 * @param dataPages the pages that came with data, each as often as it came
 * @param zeroPages the pages that came as zero, each as often as it came
 * @param frames    how many frames of each type there are
 * @param sections  the states, in the order of the manifest
 * @param verdict   what a destination has answered, or null
 * @param reasons   why the sender has ended the migration, if it has
 * @param contradictions what in a snapshot does not agree, so that it cannot be restored; empty for a line
 */
public record Inspection(String producer, String protocol, String medium, String role, boolean whole, String cut, String name,
        AbiDocument abi, boolean running, long dataPages, long zeroPages, SortedMap<String, Frames> frames, List<Section> sections,
        Verdict verdict, List<Reason> reasons, List<Reason> contradictions) {
    /** Copies the collections. */
    public Inspection {
        contradictions = List.copyOf(contradictions);
        frames = Collections.unmodifiableSortedMap(new TreeMap<>(frames));
        sections = List.copyOf(sections);
        reasons = List.copyOf(reasons);
    }

    /** A file in which all agrees. */
    public Inspection(String producer, String protocol, String medium, String role, boolean whole, String cut,
            String name,
            AbiDocument abi, boolean running, long dataPages, long zeroPages, SortedMap<String, Frames> frames,
            List<Section> sections, Verdict verdict, List<Reason> reasons) {
        this(producer, protocol, medium, role, whole, cut, name, abi, running, dataPages, zeroPages, frames, sections,
            verdict, reasons, List.of());
    }

    /**
     * Whether the guest ran when it was stopped to be saved or handed over; nothing where that has not been said, since
     * the frame FINISH is missing.
     *
     * @since 1.5
     */
    public Optional<Boolean> ran() {
        return frames.containsKey("FINISH") ? Optional.of(running) : Optional.empty();
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
