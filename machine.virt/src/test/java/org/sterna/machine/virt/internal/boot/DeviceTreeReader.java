package org.sterna.machine.virt.internal.boot;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a flattened device tree as the specification describes it, and refuses whatever does not follow it. */
final class DeviceTreeReader {
    private final ByteBuffer blob;
    private final int names;
    private final int namesEnd;
    private final int structureEnd;

    /** A node. */
    record Node(Map<String, byte[]> properties, Map<String, Node> children) {
        Node at(String path) {
            Node node = this;
            for (String name : path.split("/")) {
                if (!name.isEmpty()) {
                    node = node.children().get(name);
                    if (node == null) {
                        throw new AssertionError("no node " + path);
                    }
                }
            }
            return node;
        }

        List<String> strings(String property) {
            String text = new String(properties.get(property), StandardCharsets.UTF_8);
            if (!text.endsWith("\0")) {
                throw new AssertionError(property + " does not end in a zero");
            }
            return Arrays.asList(text.substring(0, text.length() - 1).split("\0"));
        }

        List<Long> cells(String property) {
            var cells = new ArrayList<Long>();
            for (ByteBuffer value = ByteBuffer.wrap(properties.get(property)); value.hasRemaining();) {
                cells.add(value.getInt() & 0xffff_ffffL);
            }
            return cells;
        }

        /** The value of two cells at a place. */
        long pair(String property, int index) {
            return ByteBuffer.wrap(properties.get(property)).getLong(8 * index);
        }
    }

    private DeviceTreeReader(ByteBuffer blob) {
        this.blob = blob;
        require(blob.getInt(0) == 0xd00dfeed, "magic");
        require(blob.getInt(4) == blob.capacity(), "total size");
        require(blob.getInt(20) == 17 && blob.getInt(24) == 16, "versions");
        int reservations = blob.getInt(16);
        require(reservations % 8 == 0, "alignment of the reservations");
        require(blob.getLong(reservations) == 0 && blob.getLong(reservations + 8) == 0, "end of the reservations");
        names = blob.getInt(12);
        namesEnd = names + blob.getInt(32);
        int structure = blob.getInt(8);
        structureEnd = structure + blob.getInt(36);
        require(structure % 4 == 0 && namesEnd <= blob.capacity() && structureEnd <= names, "blocks");
        blob.position(structure);
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError("the blob's " + what + " is wrong");
        }
    }

    static Node read(byte[] blob) {
        var reader = new DeviceTreeReader(ByteBuffer.wrap(blob));
        require(reader.blob.getInt() == 1, "first token");
        require(reader.text().isEmpty(), "root's name");
        Node root = reader.node();
        require(reader.blob.getInt() == 9, "last token");
        require(reader.blob.position() == reader.structureEnd, "size of the structure block");
        return root;
    }

    private Node node() {
        var node = new Node(new LinkedHashMap<>(), new LinkedHashMap<>());
        while (true) {
            int token = blob.getInt();
            switch (token) {
                case 1 -> require(node.children().put(text(), node()) == null, "child's name");
                case 2 -> {
                    return node;
                }
                case 3 -> {
                    require(node.children().isEmpty(), "order of properties and children");
                    byte[] value = new byte[blob.getInt()];
                    String name = name(blob.getInt());
                    blob.get(value);
                    align();
                    require(node.properties().put(name, value) == null, "property " + name);
                }
                default -> throw new AssertionError("unknown token " + token);
            }
        }
    }

    private String name(int offset) {
        int end = names + offset;
        while (blob.get(end) != 0) {
            end++;
        }
        require(end < namesEnd, "strings block");
        return new String(blob.array(), names + offset, end - names - offset, StandardCharsets.US_ASCII);
    }

    private String text() {
        int start = blob.position();
        while (blob.get() != 0) {
            // Goes on to the zero that ends the text.
        }
        String text = new String(blob.array(), start, blob.position() - start - 1, StandardCharsets.US_ASCII);
        align();
        return text;
    }

    private void align() {
        blob.position(blob.position() + 3 & ~3);
    }
}
