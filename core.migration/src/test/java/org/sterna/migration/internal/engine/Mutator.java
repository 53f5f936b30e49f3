package org.sterna.migration.internal.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;
import org.sterna.migration.internal.wire.FrameType;

/**
 * Changes frames as somebody would who knows the protocol and means harm: the trees that messages are, the frames around
 * them, their order, and single bytes, all with checksums that are right, so that what is changed is really read.
 */
final class Mutator {
    private static final long[] EXTREMES = {0, 1, -1, 2, 127, 128, 255, 256, 4095, 4096, 4097, 65535, 65536, Integer.MAX_VALUE,
        Integer.MIN_VALUE, 1L << 31, 1L << 32, (1L << 32) - 1, 1L << 40, 1L << 52, Long.MAX_VALUE, Long.MIN_VALUE,
        Long.MAX_VALUE - 4095};
    private static final String[] TEXTS = {"", "ram", "/clock", "/timer@0", "../../etc/passwd", "\0\33[2J", "\u202etxt",
        "9".repeat(400),
        "x".repeat(4096), "y".repeat(70_000), "OK", "mandatory", "i64", "required", "{}", "-", "1.0", "99999999999.0",
            "${x}%s%n"};
    private static final int MAX_PAYLOAD = 1 << 20;

    private final Random random;
    private final StringBuilder story = new StringBuilder();

    Mutator(long seed) {
        random = new Random(seed);
    }

    /** What has been done, for people. */
    String story() {
        return story.toString();
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private void tell(String what) {
        story.append(story.isEmpty() ? "" : "; ").append(what.length() > 200 ? what.substring(0, 200) + "..." : what);
    }

    /** A number below a bound. */
    int number(int bound) {
        return random.nextInt(bound);
    }

    /** A snapshot with something changed: a frame, to which the index is fitted, or what the index itself says. */
    byte[] file(byte[] content) throws IOException {
        var layout = new MachineFileLayout(content);
        int frames = layout.frames().size();
        int[] left = {random.nextInt(frames)};
        boolean fitted = random.nextBoolean();
        byte[] file = layout.rewritten(null, frame -> {
            if (left[0]-- != 0 || !fitted) {
                return List.of(frame);
            }
            return switch (random.nextInt(6)) {
                case 0 -> {
                    tell("without " + frame);
                    yield List.of();
                }
                case 1 -> {
                    tell(frame + " twice");
                    yield List.of(frame, frame);
                }
                default -> List.of(content(frame));
            };
        });
        if (fitted) {
            return file;
        }
        // The last frames say where the others are.
        var out = new ByteArrayOutputStream();
        out.write(file, 0, 64);
        int changed = random.nextInt(3) > 0 ? frames - 1 - random.nextInt(2) : random.nextInt(frames);
        for (RawFrame frame : new MachineFileLayout(file).frames()) {
            out.writeBytes(changed-- != 0 ? frame.bytes() : frame(frame));
        }
        return out.toByteArray();
    }

    /** Some mutations of a sequence of frames, each as it is sent. */
    List<byte[]> conversation(List<RawFrame> frames) {
        var sent = new ArrayList<byte[]>();
        frames.forEach(frame -> sent.add(frame.bytes()));
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(sent.size());
            RawFrame frame = at < frames.size() ? frames.get(at) : one(frames);
            switch (random.nextInt(10)) {
                case 0 -> {
                    tell("without frame " + at + " " + frame);
                    sent.set(at, new byte[0]);
                }
                case 1 -> {
                    tell("frame " + at + " " + frame + " twice");
                    sent.add(at, sent.get(at));
                }
                case 2 -> {
                    int other = random.nextInt(sent.size());
                    tell("frames " + at + " and " + other + " exchanged");
                    Collections.swap(sent, at, other);
                }
                default -> sent.set(at, frame(frame));
            }
        }
        return sent;
    }

    /** A frame, changed in one way. */
    byte[] frame(RawFrame frame) {
        return switch (random.nextInt(8)) {
            case 0 -> {
                int code = random.nextBoolean() ? random.nextInt(24) : random.nextInt(1 << 16);
                tell(frame + " as type " + code);
                yield new RawFrame(code, random.nextInt(4), frame.payload()).bytes();
            }
            case 1 -> {
                int claimed = random.nextBoolean() ? (int) EXTREMES[random.nextInt(EXTREMES.length)]
                    : frame.payload().length + random.nextInt(33) - 16;
                tell(frame + " claims " + Integer.toUnsignedString(claimed) + " bytes");
                yield frame.bytes(claimed);
            }
            case 2 -> frame.with(bytes(frame.toString(), frame.payload())).bytes();
            default -> content(frame).bytes();
        };
    }

    /** A frame with another content, by the kind of content that it has. */
    RawFrame content(RawFrame frame) {
        if (frame.type() == FrameType.PAGES) {
            return frame.with(pages(frame));
        }
        return frame.isCbor() ? frame.with(message(frame)) : frame.with(bytes(frame.toString(), frame.payload()));
    }

    private byte[] bytes(String of, byte[] payload) {
        byte[] changed = payload.clone();
        if (random.nextInt(4) == 0) {
            changed = Arrays.copyOf(changed, random.nextInt(changed.length + 64));
            tell(of + " cut or drawn out to " + changed.length + " bytes");
        }
        for (int i = random.nextInt(4); i >= 0 && changed.length > 0; i--) {
            int at = random.nextInt(Math.min(changed.length, 4096));
            changed[at] = (byte) random.nextInt();
            tell(of + " has " + (changed[at] & 0xff) + " at byte " + at);
        }
        return changed;
    }

    private byte[] pages(RawFrame frame) {
        var payload = ByteBuffer.wrap(frame.payload().clone());
        int ranges = payload.getShort(2);
        long extreme = EXTREMES[random.nextInt(EXTREMES.length)];
        int range = 8 + 16 * random.nextInt(ranges);
        switch (random.nextInt(5)) {
            case 0 -> payload.putShort(0, (short) extreme);
            case 1 -> payload.putShort(2, (short) extreme);
            case 2 -> payload.putLong(range, extreme);
            case 3 -> payload.putInt(range + 8, (int) extreme);
            default -> payload.putInt(range + 12, (int) extreme);
        }
        tell("PAGES with " + extreme + " in its head");
        return payload.array();
    }

    /** The bytes of a message that is another tree. */
    private byte[] message(RawFrame frame) {
        for (int tries = 0; tries < 20; tries++) {
            int before = story.length();
            Object tree = node(frame.tree(), frame.type().name());
            try {
                byte[] encoded = Cbor.encode(frame.type() == FrameType.SECTION && random.nextInt(8) > 0 ? resealed(tree) : tree);
                if (encoded.length <= MAX_PAYLOAD) {
                    return encoded;
                }
            } catch (IllegalArgumentException e) {
                // Not every tree is CBOR.
            }
            story.setLength(before);
        }
        return frame.payload();
    }

    /** How many nodes there are in a tree, so that each is as likely to be changed; what holds more inside counts for more. */
    private static int size(Object node) {
        return switch (node) {
            case Map<?, ?> map -> 1 + map.values().stream().mapToInt(Mutator::size).sum();
            case List<?> list -> 1 + list.stream().mapToInt(Mutator::size).sum();
            case byte[] bytes when bytes.length != 32 -> 8;
            case String text when text.startsWith("{") -> 16;
            default -> 1;
        };
    }

    /** One of some nodes by their sizes. */
    private int weighted(List<?> nodes) {
        int left = random.nextInt(nodes.stream().mapToInt(Mutator::size).sum());
        int at = 0;
        while ((left -= size(nodes.get(at))) >= 0) {
            at++;
        }
        return at;
    }

    /** Goes down to some node and changes it. */
    private Object node(Object node, String place) {
        boolean here = random.nextInt(size(node)) == 0;
        return switch (node) {
            case Map<?, ?> map when !map.isEmpty() && !here -> {
                var tree = new TreeMap<Object, Object>(map);
                Object key = List.copyOf(tree.keySet()).get(weighted(List.copyOf(tree.values())));
                if (random.nextInt(12) == 0) {
                    tell(place + " without " + key);
                    tree.remove(key);
                } else if (random.nextInt(16) == 0) {
                    Object other = key instanceof Long ? (Object) EXTREMES[random.nextInt(EXTREMES.length)]
                        : TEXTS[random.nextInt(TEXTS.length)];
                    tell(place + ": " + key + " called " + other);
                    tree.put(other, tree.remove(key));
                } else {
                    tree.put(key, node(tree.get(key), place + "." + key));
                }
                yield tree;
            }
            case List<?> list when !list.isEmpty() && !here -> list(list, place);
            case byte[] bytes when random.nextBoolean() -> inside(bytes, place);
            case String text when text.startsWith("{") && random.nextInt(8) > 0 -> json(text, place);
            case Long number when random.nextBoolean() -> {
                long other = random.nextBoolean() ? EXTREMES[random.nextInt(EXTREMES.length)] : number + random.nextInt(5) - 2;
                tell(place + " = " + other);
                yield other;
            }
            default -> {
                Object other = anything(node);
                tell(place + " = " + brief(other));
                yield other;
            }
        };
    }

    private Object list(List<?> list, String place) {
        var changed = new ArrayList<Object>(list);
        int at = weighted(changed);
        switch (random.nextInt(16)) {
            case 0 -> {
                tell(place + " without item " + at);
                changed.remove(at);
            }
            case 1 -> {
                int times = random.nextInt(4) == 0 ? 5000 : 1;
                tell(place + " with item " + at + " " + times + " times more");
                changed.addAll(Collections.nCopies(times, list.get(at)));
            }
            case 2 -> {
                tell(place + " shuffled");
                Collections.shuffle(changed, random);
            }
            default -> changed.set(at, node(list.get(at), place + "[" + at + "]"));
        }
        return changed;
    }

    /** The state in a section, the runs of an index, or just bytes. */
    private Object inside(byte[] bytes, String place) {
        try {
            return Cbor.encode(node(Cbor.decode(bytes), place));
        } catch (CborException | IllegalArgumentException e) {
            if (bytes.length % 24 == 0 && bytes.length > 0) {
                var runs = ByteBuffer.wrap(bytes.clone());
                int at = 8 * random.nextInt(bytes.length / 8);
                long value = EXTREMES[random.nextInt(EXTREMES.length)];
                tell(place + " has " + value + " at byte " + at);
                return runs.putLong(at, value).array();
            }
            return bytes(place, bytes);
        }
    }

    /** JSON with a token replaced, removed or doubled. */
    private String json(String text, String place) {
        var tokens = new ArrayList<String>(List.of(text.splitWithDelimiters("[{}\\[\\]:,]", 0)));
        int at = random.nextInt(tokens.size());
        String other = switch (random.nextInt(5)) {
            case 0 -> "";
            case 1 -> tokens.get(at).repeat(2);
            case 2 -> String.valueOf(EXTREMES[random.nextInt(EXTREMES.length)]);
            case 3 -> one(List.of("null", "[]", "{}", "1e999", "true", "\"\"", "\"\\ud800\"", "[".repeat(2000), "0.5"));
            default -> one(tokens);
        };
        tell(place + ": token " + at + " " + tokens.get(at) + " becomes " + other);
        tokens.set(at, other);
        return String.join("", tokens);
    }

    private Object anything(Object instead) {
        return switch (random.nextInt(9)) {
            case 0 -> random.nextBoolean();
            case 1 -> EXTREMES[random.nextInt(EXTREMES.length)];
            case 2, 3 -> TEXTS[random.nextInt(TEXTS.length)];
            case 4 -> new byte[random.nextInt(3) * 20_000];
            case 5 -> List.of();
            case 6 -> Map.of(random.nextBoolean() ? (Object) 1L : "x", instead);
            case 7 -> nested(instead, 1 + random.nextInt(40));
            default -> Collections.nCopies(random.nextInt(6000), List.of());
        };
    }

    private static Object nested(Object in, int deep) {
        Object node = in;
        for (int i = 0; i < deep; i++) {
            node = i % 2 == 0 ? List.of(node) : Map.of("x", node);
        }
        return node;
    }

    private static String brief(Object value) {
        return switch (value) {
            case byte[] bytes -> bytes.length + " bytes";
            case List<?> list -> "a list of " + list.size();
            case Map<?, ?> map -> "a map of " + map.size();
            default -> value.toString();
        };
    }

    /** A section whose size and digest are those of its data. */
    private static Object resealed(Object tree) {
        if (tree instanceof Map<?, ?> map && map.get("data") instanceof byte[] data) {
            try {
                var sealed = new TreeMap<Object, Object>(map);
                sealed.put("size", (long) data.length);
                sealed.put("sha-256", MessageDigest.getInstance("SHA-256").digest(data));
                return sealed;
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
        return tree;
    }
}
