package org.sterna.machine.abi;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The fully resolved guest ABI of one machine. It is fixed when the machine is created and travels with it; only an
 * explicit command changes it. Two machines whose documents have the same {@linkplain #fingerprint()} look the same to
 * their guests. So do two of different machine types between which there are no {@linkplain AbiDifference differences}.
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

    /** The greatest length of a document's text in characters. */
    public static final int MAX_LENGTH = 1 << 20;

    /**
     * The part at a path: the board ({@code /virt}), the processors ({@code /riscv64}, or one of them by its number), or
     * a device.
     */
    public Optional<PartAbi> part(String path) {
        if (path.equals("/" + board.type())) {
            return Optional.of(board);
        }
        return isProcessor(path) ? Optional.of(processor) : Optional.ofNullable(devices.get(path));
    }

    private boolean isProcessor(String path) {
        return path.matches("/" + processor.type() + "(@[0-9]{1,5})?");
    }

    /**
     * The option that gives a guest property of a part a value in a new machine, such as
     * {@code --device virtio-blk,discard=off}, or {@code --board timebase=1000}.
     *
     * @param path a path that {@link #part} knows
     * @param text the value as a command line takes it
     */
    public String option(String path, String property, String text) {
        return option(path, Map.of(property, text));
    }

    /**
     * The option that gives several guest properties of a part their values in a new machine.
     *
     * @param path   a path that {@link #part} knows
     * @param values the text of each property, by name; in the order in which they are to stand
     */
    public String option(String path, Map<String, String> values) {
        String given = values.entrySet().stream().map(value -> value.getKey() + "=" + value.getValue().replace(",", ",,"))
            .collect(Collectors.joining(","));
        if (path.equals("/" + board.type())) {
            return "--board " + given;
        }
        return isProcessor(path) ? "--processor " + given : "--device " + devices.get(path).type() + "," + given;
    }

    /** The canonical JSON of the document (RFC 8785), with the provenance of each value. */
    public String toJson() {
        return AbiJson.write(this, true);
    }

    /**
     * The document of a JSON text, which must be exactly what {@link #toJson} writes: what is read and written again is
     * the same, byte for byte.
     *
     * @throws IllegalArgumentException if the text is not such a document, or longer than {@link #MAX_LENGTH}; the
     *                                  message says what and where
     */
    public static AbiDocument fromJson(String json) {
        return AbiJson.read(json);
    }

    /** SHA-256 of the canonical JSON without provenance, as 64 hexadecimal digits. */
    public String fingerprint() {
        return AbiJson.fingerprint(this);
    }
}
