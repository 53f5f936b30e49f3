package org.sterna.migration.internal.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.sterna.machine.InstalledTranslator;
import org.sterna.machine.Machine;
import org.sterna.machine.MachineException;
import org.sterna.machine.Machines;
import org.sterna.machine.Part;
import org.sterna.machine.Reason;
import org.sterna.machine.Replacement;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.migration.Swap;
import org.sterna.migration.SwapOptions;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Negotiation;
import org.sterna.migration.internal.negotiation.Place;
import org.sterna.migration.internal.negotiation.Reader;
import org.sterna.migration.internal.wire.Failure;

/**
 * The swap of one device for another version: a migration of one section whose destination is this machine. It asks the same
 * question as every migration, and its state takes the same way.
 */
public final class Swapping {
    private final Machines machines;
    private final Machine machine;
    private final String path;
    private final String version;
    private final SwapOptions options;

    /**
     * A swap that has not begun.
     *
     * @param version of the bundle that is to take over
     */
    public Swapping(Machines machines, Machine machine, String path, String version, SwapOptions options) {
        this.machines = machines;
        this.machine = machine;
        this.path = path;
        this.version = version;
        this.options = options;
    }

    /** The verdict; the guest runs on undisturbed. */
    public Answer ask() throws Failure {
        Departure.check(machine);
        return answer(Declaration.of(machine, part(), options.acceptLoss()));
    }

    private Part part() {
        return machine.parts().stream().filter(part -> part.path().equals(path)).findFirst().orElseThrow(() ->
            MachineException.usage(path, "", "no such device", "there are "
                + String.join(", ", machine.abi().devices().keySet())));
    }

    private Answer answer(Manifest manifest) {
        return Negotiation.answer(manifest, new OtherVersion(new InstalledReader(machines, Map.of(path, Map.of(Machines.BUNDLE, version)))));
    }

    /** Does it, if the verdict allows it. */
    public Swap perform() throws Failure {
        Departure.check(machine);
        Part old = part();
        Manifest manifest = Declaration.of(machine, old, options.acceptLoss());
        Answer answer = answer(manifest);
        if (!answer.verdict().allowed()) {
            return new Swap(answer.verdict(), false, 0, answer.verdict().reasons());
        }
        try (Replacement replacement = replacement()) {
            rehearse(new SectionCrossing(manifest, answer), old);
            long pause = replacement.perform(new SectionCrossing(manifest, answer), options.limit());
            return new Swap(answer.verdict(), true, pause, List.of());
        } catch (MachineException e) {
            return new Swap(answer.verdict(), false, 0, e.reasons());
        }
    }

    /** The way of the state is gone once with a glimpse of it: what is done for the first time takes long, and then the guest waits. */
    private static void rehearse(SectionCrossing crossing, Part old) {
        try {
            crossing.check(crossing.cross(old.state()));
        } catch (RuntimeException e) {
            // It is the state at which the guest stands still that counts; whatever is wrong with that is said then.
        }
    }

    private Replacement replacement() {
        return options.host().map(host -> machines.replacement(machine, path, version, host))
            .orElseGet(() -> machines.replacement(machine, path, version));
    }

    /** Of what is installed, only what concerns the one device. */
    private final class OtherVersion implements Reader {
        private final Reader installed;

        OtherVersion(Reader installed) {
            this.installed = installed;
        }

        @Override
        public Place place() {
            return Place.HERE;
        }

        @Override
        public List<Reason> obstacles(Manifest manifest) {
            var host = new TreeMap<>(manifest.host());
            var own = new TreeMap<>(host.getOrDefault(path, Map.of()));
            own.put(Machines.BUNDLE, version);
            host.put(path, own);
            return Stream.concat(machines.obstacles(manifest.abi(), Map.of(path, version)).stream(),
                machines.hostObstacles(manifest.abi(), host).stream()).filter(reason -> reason.subject().equals(path)).toList();
        }

        @Override
        public Optional<Part> part(AbiDocument abi, Manifest.Section section) {
            return installed.part(abi, section);
        }

        @Override
        public List<InstalledTranslator<?, ?>> translators(String type) {
            return installed.translators(type);
        }
    }
}
