package org.sterna.machine.virt.internal.boot;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes a flattened device tree, version 17 (Devicetree Specification 0.4, chapter 5). All values are big-endian. */
final class DeviceTreeBlob {
    private static final int MAGIC = 0xd00d_feed;
    private static final int VERSION = 17;
    private static final int LAST_COMPATIBLE_VERSION = 16;
    private static final int HEADER_BYTES = 40;
    /** One entry of two zero words, which ends the list of reservations. */
    private static final int RESERVATION_BYTES = 16;
    private static final int BEGIN_NODE = 1;
    private static final int END_NODE = 2;
    private static final int PROPERTY = 3;
    private static final int END = 9;

    private final ByteArrayOutputStream structure = new ByteArrayOutputStream();
    private final ByteArrayOutputStream names = new ByteArrayOutputStream();
    private final Map<String, Integer> nameOffsets = new LinkedHashMap<>();

    /** Opens a node; the root's name is the empty string. */
    DeviceTreeBlob begin(String name) {
        word(BEGIN_NODE);
        padded(text(name));
        return this;
    }

    /** Closes the node that was opened last. */
    DeviceTreeBlob end() {
        word(END_NODE);
        return this;
    }

    /** A property of the open node. A node's properties come before its children. */
    DeviceTreeBlob property(String name, byte[] value) {
        word(PROPERTY);
        word(value.length);
        word(nameOffsets.computeIfAbsent(name, this::addName));
        padded(value);
        return this;
    }

    /** A property without a value. */
    DeviceTreeBlob flag(String name) {
        return property(name, new byte[0]);
    }

    /** A property of strings. */
    DeviceTreeBlob strings(String name, String... values) {
        var bytes = new ByteArrayOutputStream();
        for (String value : values) {
            bytes.writeBytes(text(value));
        }
        return property(name, bytes.toByteArray());
    }

    /** A property of 32-bit cells. */
    DeviceTreeBlob cells(String name, int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        for (int value : values) {
            bytes.putInt(value);
        }
        return property(name, bytes.array());
    }

    /** A property of 64-bit values, of two cells each. */
    DeviceTreeBlob longs(String name, long... values) {
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length);
        for (long value : values) {
            bytes.putLong(value);
        }
        return property(name, bytes.array());
    }

    /** The blob; every node must have been closed. */
    byte[] finish(int bootProcessor) {
        word(END);
        int structureOffset = HEADER_BYTES + RESERVATION_BYTES;
        int namesOffset = structureOffset + structure.size();
        ByteBuffer blob = ByteBuffer.allocate(namesOffset + names.size());
        blob.putInt(MAGIC).putInt(blob.capacity()).putInt(structureOffset).putInt(namesOffset).putInt(HEADER_BYTES)
            .putInt(VERSION).putInt(LAST_COMPATIBLE_VERSION).putInt(bootProcessor).putInt(names.size())
            .putInt(structure.size()).position(structureOffset).put(structure.toByteArray()).put(names.toByteArray());
        return blob.array();
    }

    private int addName(String name) {
        int offset = names.size();
        names.writeBytes(text(name));
        return offset;
    }

    private static byte[] text(String value) {
        return (value + '\0').getBytes(StandardCharsets.UTF_8);
    }

    private void word(int value) {
        structure.writeBytes(ByteBuffer.allocate(4).putInt(value).array());
    }

    private void padded(byte[] bytes) {
        structure.writeBytes(bytes);
        structure.writeBytes(new byte[-bytes.length & 3]);
    }
}
