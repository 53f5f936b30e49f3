package org.sterna.migration.internal.wire;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.sterna.machine.cbor.Cbor;

/**
 * What a side can do, by name: the payload of a HELLO frame (specification, section 5.1).
 *
 * @param offers by name; names of third parties start with their domain reversed
 */
public record Capabilities(SortedMap<String, Offer> offers) {
    /** Pages of zeroes are sent as ranges without data. */
    public static final String ZERO_PAGES = "zero-pages";
    /** The destination may install bundles before it answers. A source that only asks does not offer it. */
    public static final String PROVISIONING = "provisioning";
    private static final String BULK = "bulk-pages";
    private static final String DIGEST = "section-digest";

    /** What this implementation offers always. */
    public static final Capabilities OURS = new Capabilities(new TreeMap<>(Map.of(
        BULK, new Offer(true, new TreeMap<>(Map.of("page-size", List.of(4096L)))),
        DIGEST, new Offer(true, new TreeMap<>(Map.of("algorithm", List.of("sha-256")))),
        ZERO_PAGES, new Offer(false, new TreeMap<>()))));

    /** What a side offers between which bundles may be installed. */
    public static final Capabilities WITH_PROVISIONING = OURS.and(PROVISIONING);

    private Capabilities and(String preferred) {
        var more = new TreeMap<>(offers);
        more.put(preferred, new Offer(false, new TreeMap<>()));
        return new Capabilities(more);
    }

    /**
     * One capability.
     *
     * @param required   whether the sender cannot do without it
     * @param parameters for each parameter the values that would do, the best first; each an integer or a text
     */
    public record Offer(boolean required, SortedMap<String, List<Object>> parameters) {
        /** The parameters, for messages. */
        private String words() {
            return parameters.entrySet().stream().map(parameter -> parameter.getKey() + " "
                + parameter.getValue().stream().map(Object::toString).collect(Collectors.joining(" or ")))
                .collect(Collectors.joining(", "));
        }

        /** The values that would do for both, in this side's order; null if some parameter has none. */
        Offer with(Offer other) {
            var common = new TreeMap<String, List<Object>>(other.parameters);
            for (var parameter : parameters.entrySet()) {
                List<Object> theirs = other.parameters.get(parameter.getKey());
                List<Object> both = theirs == null ? parameter.getValue()
                    : parameter.getValue().stream().filter(theirs::contains).toList();
                if (both.isEmpty()) {
                    return null;
                }
                common.put(parameter.getKey(), both);
            }
            return new Offer(required || other.required, common);
        }
    }

    /** The bytes of a HELLO with nothing else in it, as in files. */
    public byte[] encode() {
        return Cbor.encode(tree());
    }

    /** The tree of such a HELLO, which may be added to. */
    Map<String, Object> tree() {
        var tree = new TreeMap<String, Object>();
        offers.forEach((name, offer) -> tree.put(name, Trees.map("need", offer.required ? "required" : "preferred",
            "parameters", offer.parameters)));
        return Trees.map("capabilities", tree);
    }

    /** The capabilities of a frame. */
    public static Capabilities decode(Node node) throws Failure {
        var offers = new TreeMap<String, Offer>();
        for (var entry : node.get("capabilities").entries(Limits.CAPABILITIES).entrySet()) {
            var parameters = new TreeMap<String, List<Object>>();
            for (var parameter : entry.getValue().get("parameters").entries(Limits.PARAMETERS).entrySet()) {
                List<Object> values = parameter.getValue().items(Limits.PARAMETERS,
                    item -> item.value() instanceof Long number ? number : item.text());
                if (values.isEmpty()) {
                    throw Failure.here(node.peer(), "sent a malformed message: the parameter " + parameter.getKey()
                        + " of the capability " + entry.getKey() + " has no value", "");
                }
                parameters.put(parameter.getKey(), values);
            }
            boolean required = entry.getValue().get("need").word(Map.of("required", true, "preferred", false));
            offers.put(entry.getKey(), new Offer(required, parameters));
        }
        return new Capabilities(offers);
    }

    /**
     * The capabilities that both sides have.
     *
     * @throws Failure if one is required by one side and missing on the other
     */
    public Capabilities with(String peer, Capabilities theirs) throws Failure {
        var common = new TreeMap<String, Offer>();
        for (var entry : offers.entrySet()) {
            Offer other = theirs.offers.get(entry.getKey());
            Offer both = other == null ? null : entry.getValue().with(other);
            if (both != null) {
                common.put(entry.getKey(), both);
            } else if (entry.getValue().required || other != null && other.required) {
                throw Failure.here(peer, "lacks the capability " + entry.getKey()
                    + (other == null ? "" : " with " + entry.getValue().words()), "bring the older side up to date");
            }
        }
        for (var entry : theirs.offers.entrySet()) {
            if (entry.getValue().required && !offers.containsKey(entry.getKey())) {
                throw Failure.here(peer, "requires the capability " + entry.getKey() + ", which this side lacks",
                    "bring the older side up to date");
            }
        }
        return new Capabilities(common);
    }

    /** Whether one is there. */
    public boolean have(String name) {
        return offers.containsKey(name);
    }
}
