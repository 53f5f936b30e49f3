package org.sterna.testkit.probe;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.AbiDifference;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.abi.Property;

/**
 * Compares what a device declares with what a guest sees, for settings in which each two values of two guest properties
 * occur together:
 *
 * <ul>
 * <li>A virtio device offers exactly the features whose properties are on.
 * <li>Each value of each guest property shows, in at least one setting, something else than the default.
 * <li>A host property changes nothing.
 * <li>The newest ABI version, with the properties set back that the ABI documents say to differ, shows what each earlier
 * version shows, and the features among them are those in which the feature words differ.
 * </ul>
 */
public final class PropertyCheck {
    private static final int MOST_CHANGES = 5;

    private final AbiProbe probe;
    private final Model model;
    private final Map<String, List<String>> values;
    private final List<Map<String, String>> elsewhere;
    private final Map<Map<String, String>, ProbeReport> reports = new HashMap<>();
    private final List<String> findings = new ArrayList<>();

    private PropertyCheck(AbiProbe probe, Map<String, List<String>> values, List<Map<String, String>> elsewhere) {
        this.probe = probe.under(probe.factory().model().abi());
        this.model = probe.factory().model();
        this.values = values;
        this.elsewhere = elsewhere;
    }

    /**
     * A check of a device.
     *
     * @param probe the probe, with the properties that must be given
     */
    public static PropertyCheck of(AbiProbe probe) {
        return new PropertyCheck(probe, Map.of(), List.of());
    }

    /** This check with values of a guest property, the first of which stands for the ordinary, instead of found ones. */
    public PropertyCheck values(String property, String... texts) {
        model.property(property).orElseThrow(() -> new IllegalArgumentException("no property " + property));
        var more = new HashMap<>(values);
        more.put(property, List.of(texts));
        return new PropertyCheck(probe, more, elsewhere);
    }

    /** This check with host properties as on another host, where the guest must see the same. */
    public PropertyCheck elsewhere(Map<String, String> hostProperties) {
        var more = new ArrayList<>(elsewhere);
        more.add(hostProperties);
        return new PropertyCheck(probe, values, more);
    }

    /**
     * Checks.
     *
     * @throws AssertionError with everything in which declarations and measurements disagree
     */
    public void verify() {
        findings.clear();
        List<Factor> factors = factors();
        var pairwise = new Pairwise(factors, this::canBeMade);
        checkFeatures(pairwise.rows());
        factors.forEach(factor -> checkVisible(factor, pairwise));
        checkHost(pairwise.rows());
        checkEarlierVersions();
        if (!findings.isEmpty()) {
            throw new AssertionError("%s does not show what its properties declare, in %d settings:%n    %s".formatted(
                model.type(), pairwise.rows().size(), String.join("\n    ", findings)));
        }
    }

    private List<Factor> factors() {
        var factors = new ArrayList<Factor>();
        for (Property<?> property : model.properties()) {
            if (property.scope() == Property.Scope.GUEST && !probe.properties().containsKey(property.name())) {
                List<String> chosen = values.get(property.name());
                factors.add(chosen == null ? Factor.of(property) : Factor.with(property, chosen));
            }
        }
        return factors;
    }

    private boolean canBeMade(Map<String, String> row) {
        try {
            new ProbeGuest(probe.with(row)).close();
            return true;
        } catch (MachineException e) {
            return false;
        }
    }

    private ProbeReport report(Map<String, String> row) {
        return reports.computeIfAbsent(row, properties -> probe.with(properties).run());
    }

    private void checkFeatures(List<Map<String, String>> rows) {
        for (Map<String, String> row : rows) {
            Map<String, String> facts = report(row).facts();
            for (int word = 0; facts.containsKey("virtio features " + word); word++) {
                String fact = "virtio features " + word;
                var change = new Change(fact, declared(row, word), facts.get(fact));
                if (!change.before().equals(change.now())) {
                    findings.add("with " + text(row) + ": declared and offered differ: " + change.describe(model));
                }
            }
        }
    }

    /** A word of the features that are on. */
    private String declared(Map<String, String> row, int word) {
        var configuration = Configuration.ofUser(model, probe.abi(), probe.with(row).properties(), (property, complaint) -> {
            throw new IllegalArgumentException(property.name() + ": " + complaint);
        });
        long bits = 0;
        for (Property<?> feature : model.features()) {
            int bit = feature.bit().getAsInt() - 32 * word;
            if (bit >= 0 && bit < 32 && Boolean.TRUE.equals(configuration.get(feature))) {
                bits |= 1L << bit;
            }
        }
        return Access.hex(bits, 4);
    }

    private void checkVisible(Factor factor, Pairwise pairwise) {
        String ordinary = factor.values().getFirst();
        for (String value : factor.values().subList(1, factor.values().size())) {
            if (pairwise.rows().stream().noneMatch(row -> value.equals(row.get(factor.name())))) {
                findings.add(factor.name() + "=" + value + " is accepted in no setting; give values that are");
            } else if (pairwise.rows().stream().noneMatch(row -> differs(factor, ordinary, value, row, pairwise))) {
                findings.add(factor.name() + "=" + value + " shows a guest nothing else than " + factor.name() + "="
                    + ordinary + ": it is not a guest property, or the probe needs a situation that shows it");
            }
        }
    }

    private boolean differs(Factor factor, String one, String other, Map<String, String> row, Pairwise pairwise) {
        if (!row.containsKey(factor.name())) {
            return false;
        }
        Map<String, String> first = pairwise.present(with(row, factor.name(), one));
        Map<String, String> second = pairwise.present(with(row, factor.name(), other));
        return pairwise.isPossible(first) && pairwise.isPossible(second)
            && !report(first).facts().equals(report(second).facts());
    }

    private static Map<String, String> with(Map<String, String> row, String name, String value) {
        var changed = new HashMap<>(row);
        changed.put(name, value);
        return changed;
    }

    private void checkHost(List<Map<String, String>> rows) {
        for (Property<?> property : model.properties()) {
            if (property.scope() == Property.Scope.HOST
                    && elsewhere.stream().noneMatch(host -> host.containsKey(property.name()))) {
                findings.add(property.name() + " is a host property and is the same everywhere; give it in elsewhere(...)");
            }
        }
        for (Map<String, String> host : elsewhere) {
            for (Map<String, String> row : rows) {
                var there = new HashMap<>(row);
                there.putAll(host);
                explain("with " + text(row) + ", host properties are seen by the guest: " + text(host), report(row),
                    report(there));
            }
        }
    }

    private void checkEarlierVersions() {
        var versions = new TreeSet<AbiVersion>(List.of(Property.FIRST));
        model.properties().forEach(property -> {
            versions.add(property.since());
            versions.addAll(property.defaults().keySet());
        });
        versions.headSet(model.abi()).forEach(this::checkEarlier);
    }

    /** What the documents of two versions say to differ is all that differs, to the bit of a feature word. */
    private void checkEarlier(AbiVersion version) {
        AbiProbe earlier = probe.under(version);
        ProbeReport before = earlier.run();
        var back = new TreeMap<String, String>();
        long declared = 0;
        for (AbiDifference difference : AbiDifference.between(document(earlier), document(probe))) {
            if (difference.kind() == AbiDifference.Kind.PROPERTY) {
                Property<?> property = model.property(difference.item()).orElseThrow();
                back.put(property.name(), text(property, difference.a()));
                declared |= property.isFeature() ? 1L << property.bit().getAsInt() : 0;
            }
        }
        explain("ABI " + model.abi() + " with " + text(back) + " does not show what ABI " + version + " shows", before,
            report(back));
        long measured = features(before) ^ features(report(Map.of()));
        if (declared != measured) {
            findings.add("the documents of ABI %s and %s differ in the features %s, the feature words in %s".formatted(
                version, model.abi(), Access.hex(declared, 8), Access.hex(measured, 8)));
        }
    }

    /** The document of a machine that is nothing but the device. */
    private static AbiDocument document(AbiProbe of) {
        try (var guest = new ProbeGuest(of)) {
            var bench = new PartAbi("bench", Property.FIRST, 0, new TreeMap<>());
            return new AbiDocument("bench", 0, 1, bench, bench, new TreeMap<>(Map.of("/device", guest.bench().abi())));
        }
    }

    private static <T> String text(Property<T> property, Object value) {
        return property.type().text(value == null ? property.before() : property.type().check(value));
    }

    private static long features(ProbeReport report) {
        String low = report.facts().getOrDefault("virtio features 0", "0");
        String high = report.facts().getOrDefault("virtio features 1", "0");
        return Long.parseLong(low, 16) | Long.parseLong(high, 16) << 32;
    }

    private void explain(String complaint, ProbeReport expected, ProbeReport seen) {
        List<Change> changes = seen.changesSince(expected);
        if (!changes.isEmpty()) {
            findings.add(complaint + ": " + changes.stream().limit(MOST_CHANGES).map(change -> change.describe(model))
                .collect(Collectors.joining("; ")));
        }
    }

    private static String text(Map<String, String> properties) {
        return properties.isEmpty() ? "every default" : new TreeMap<>(properties).entrySet().stream()
            .map(property -> property.getKey() + "=" + property.getValue()).collect(Collectors.joining(","));
    }
}
