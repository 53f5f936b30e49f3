package org.sterna.testkit.probe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.device.DeviceNode;

/**
 * Drives a device as a guest would, and reports what the guest can see: its identity, every register at every width after
 * reset, which reads have side effects, what filling each register with ones and with zeroes changes, all that a virtio
 * window offers, and the same again after a standard initialisation. The host's time does not get in, so that the same
 * device gives the same report every time.
 *
 * <p>A probe is immutable. It knows no device; what a device shows only to its own driver, the author of the device adds
 * as {@linkplain #after situations}.
 *
 * @param factory    makes the device
 * @param abi        the ABI version that it is made under
 * @param properties the text of the properties that are given, by name
 * @param situations the author's own situations
 */
public record AbiProbe(DeviceFactory factory, AbiVersion abi, Map<String, String> properties,
        List<Situation> situations) {
    /** Copies the collections. */
    public AbiProbe {
        properties = Collections.unmodifiableMap(new TreeMap<>(properties));
        situations = List.copyOf(situations);
    }

    /** A probe of a device under the newest ABI version that it offers. */
    public static AbiProbe of(DeviceFactory factory) {
        return new AbiProbe(factory, factory.model().abi(), Map.of(), List.of());
    }

    /** This probe of a device that another factory makes, such as that of an older release; the ABI version stays. */
    public AbiProbe madeBy(DeviceFactory other) {
        return new AbiProbe(other, abi, properties, situations);
    }

    /** This probe under another ABI version. */
    public AbiProbe under(AbiVersion version) {
        return new AbiProbe(factory, version, properties, situations);
    }

    /** This probe with a property, as on a command line. */
    public AbiProbe with(String property, String text) {
        return with(Map.of(property, text));
    }

    /** This probe with more properties. */
    public AbiProbe with(Map<String, String> more) {
        var all = new TreeMap<>(properties);
        all.putAll(more);
        return new AbiProbe(factory, abi, all, situations);
    }

    /**
     * This probe with a further look at all registers, after what the device's own driver does.
     *
     * @param name  lower case words joined by hyphens
     * @param steps what the guest does, from power-on; taken many times
     */
    public AbiProbe after(String name, Consumer<ProbeGuest> steps) {
        return with(new Situation(name, true, steps));
    }

    /**
     * This probe with something that a guest does and {@linkplain ProbeGuest#observe notes}, such as a request.
     *
     * @param name  lower case words joined by hyphens
     * @param steps what the guest does, from power-on
     */
    public AbiProbe observing(String name, Consumer<ProbeGuest> steps) {
        return with(new Situation(name, false, steps));
    }

    private AbiProbe with(Situation situation) {
        var more = new ArrayList<>(situations);
        more.add(situation);
        return new AbiProbe(factory, abi, properties, more);
    }

    /**
     * Measures.
     *
     * @throws org.sterna.machine.MachineException if the device cannot be made with these properties
     */
    public ProbeReport run() {
        var facts = new LinkedHashMap<String, String>();
        try (var guest = new ProbeGuest(this)) {
            identify(guest.bench().device().node(), guest.bench().device().registerBytes(), facts);
            List<Access> registers = Access.allIn(guest.bench().device().registerBytes());
            Protocol protocol = Protocol.of(guest);
            protocol.report(guest, facts);
            var reset = new Study(guest, Situation.RESET, registers);
            reset.report(facts, null);
            var later = new ArrayList<>(protocol.initialisations());
            later.addAll(situations);
            for (Situation situation : later) {
                if (situation.studied()) {
                    new Study(guest, situation, registers).report(facts, reset.snapshot());
                } else {
                    guest.prepare(situation);
                    guest.observed().forEach((what, value) -> facts.put(situation.name() + " " + what, value));
                }
            }
        }
        return new ProbeReport(factory.model().type(), abi, facts);
    }

    private void identify(DeviceNode node, long windowBytes, Map<String, String> facts) {
        facts.put("slot", factory.slot());
        facts.put("window", "0x" + Long.toHexString(windowBytes));
        facts.put("node name", node.name());
        facts.put("node compatible", String.join(" ", node.compatible()));
        node.cells().forEach((name, cells) -> facts.put("node property " + name,
            String.join(" ", cells.stream().map(cell -> Access.hex(Integer.toUnsignedLong(cell), 4)).toList())));
    }
}
