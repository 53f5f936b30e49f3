package org.sterna.testkit.probe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.sterna.machine.abi.Model;
import org.sterna.machine.device.DeviceFactory;

/**
 * What a guest saw of a device when it was frozen, in a file, and the probe that measures what it sees now.
 *
 * @param name  what was frozen: a machine type, or an ABI version
 * @param maker what makes the device, for people
 * @param file  the file
 * @param probe the probe, under the frozen ABI version
 */
public record AbiBaseline(String name, String maker, Path file, AbiProbe probe) {
    /** The system property that, with the value {@code true}, lets a missing file be written. */
    public static final String WRITE = "sterna.abi.write";
    /** The environment variable that does the same, for a build of many modules. */
    public static final String WRITE_ALL = "STERNA_ABI_WRITE";
    private static final int MOST_LINES = 40;

    /** The same baseline for what another factory makes, such as a {@link Mutant}. */
    public AbiBaseline madeBy(String otherMaker, DeviceFactory factory) {
        return new AbiBaseline(name, otherMaker, file, probe.madeBy(factory));
    }

    /**
     * Measures and compares. If the file is missing and {@value #WRITE} or {@value #WRITE_ALL} is {@code true}, it is
     * written; one that exists is never changed.
     *
     * @throws AssertionError if the file is missing, or if the guest sees anything else than it says; the message says
     *                        what, and what to do
     */
    public void verify() {
        Model model = probe.factory().model();
        if (!model.abi().offers(probe.abi())) {
            throw new AssertionError("%s gives %s ABI %s, and %s offers no more than ABI %s".formatted(name, model.type(),
                probe.abi(), maker, model.abi()));
        }
        if (!Files.exists(file)) {
            if (!Boolean.getBoolean(WRITE) && !"true".equals(System.getenv(WRITE_ALL))) {
                throw new AssertionError(("%s is missing: what a guest of %s sees of %s has not been frozen. Run this "
                    + "test with -D%s=true to write it, look at it, and commit it.").formatted(file, name, model.type(),
                        WRITE));
            }
            write(reproducible());
            return;
        }
        compare(read(), probe.run());
    }

    /** What two devices show; one that tells the host's time or chance cannot be frozen. */
    private ProbeReport reproducible() {
        ProbeReport report = probe.run();
        List<Change> changes = probe.run().changesSince(report);
        if (!changes.isEmpty()) {
            throw new AssertionError("%s was not written, since %s shows something else each time:%n%s".formatted(file,
                maker, list(changes)));
        }
        return report;
    }

    private void write(ProbeReport report) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, report.text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ProbeReport read() {
        try {
            return ProbeReport.parse(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (IllegalArgumentException e) {
            throw new AssertionError(file + ", " + e.getMessage(), e);
        }
    }

    private void compare(ProbeReport frozen, ProbeReport measured) {
        if (!frozen.type().equals(measured.type()) || !frozen.abi().equals(measured.abi())) {
            throw new AssertionError(("%s was frozen with %s under ABI %s and now has %s under ABI %s. A frozen machine "
                + "type does not change: give the ABI version to a new one.").formatted(name, frozen.type(), frozen.abi(),
                    measured.type(), measured.abi()));
        }
        List<Change> changes = measured.changesSince(frozen);
        if (!changes.isEmpty()) {
            throw new AssertionError(message(changes));
        }
    }

    private String message(List<Change> changes) {
        Model model = probe.factory().model();
        return """
            A guest of %s sees something else of %s (ABI %s, made by %s) than %s says:
            %s
            A machine that is running must never notice a new release. What a guest sees changes only by a property:
            give this one a name, since(...) a new ABI version, and before(...) with the value that shows what was
            frozen. ABI %s then stays as it is, and a machine type that gives %s the new ABI version has the change.
            If nothing was meant to change, it is a bug."""
            .formatted(name, model.type(), probe.abi(), maker, file, list(changes), probe.abi(), model.type());
    }

    private String list(List<Change> changes) {
        Model model = probe.factory().model();
        String list = changes.stream().limit(MOST_LINES).map(change -> "    " + change.describe(model))
            .collect(Collectors.joining("\n"));
        return changes.size() > MOST_LINES ? list + "\n    and %d more".formatted(changes.size() - MOST_LINES) : list;
    }
}
