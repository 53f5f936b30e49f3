package org.sterna.itests.bundles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guest saw of a machine type when it was frozen: {@code docs/abi/TYPE/machine.txt}.
 *
 * @param type the name of the machine type
 */
record MachineBaseline(String type) {
    /** With this environment variable set to {@code true}, a file that is missing is written. */
    static final String WRITE = "STERNA_ABI_WRITE";
    private static final int MOST_LINES = 40;

    Path file() {
        return Checkout.file("docs/abi").resolve(type).resolve("machine.txt");
    }

    /** Writes the file if it is missing and that is wanted. */
    void writeIfMissing(Facts seen) throws IOException {
        if (!Files.exists(file()) && Boolean.parseBoolean(System.getenv(WRITE))) {
            write(seen);
        }
    }

    /**
     * Compares what a guest sees now.
     *
     * @param maker what the machine was made of, for people
     * @throws AssertionError if it is something else than the file says, or if there is no file
     */
    void verify(String maker, Facts seen) throws IOException {
        if (!Files.exists(file())) {
            throw new AssertionError(("%s is missing: what a guest of %s sees has not been frozen. Run MachineAbiTest with %s=true in "
                + "the environment to write it, look at it, and commit it.").formatted(file(), type, WRITE));
        }
        List<String> changes = seen.changesSince(Facts.of(Files.readAllLines(file())));
        if (!changes.isEmpty()) {
            throw new AssertionError(message(maker, changes));
        }
    }

    private void write(Facts seen) throws IOException {
        var lines = new ArrayList<String>();
        lines.add("# What a guest sees of a machine of type " + type + " with 16 MiB, a serial, a pvclock and a virtio-blk of");
        lines.add("# 4 MiB: the facts of guest.drill/probe.img, as a kernel (supervisor) and as firmware (machine). Numbers that");
        lines.add("# differ from run to run are not in it. Frozen: never edited, see MachineBaseline in itests/bundles.");
        lines.addAll(seen.lines());
        Files.createDirectories(file().getParent());
        Files.write(file(), lines);
    }

    private String message(String maker, List<String> changes) {
        String list = String.join("\n    ", changes.subList(0, Math.min(MOST_LINES, changes.size())));
        String rest = changes.size() > MOST_LINES ? "\n    and " + (changes.size() - MOST_LINES) + " more" : "";
        return """
            A guest of %s, made of %s, sees something else than %s says (old -> new):
                %s%s
            A machine that is running must never notice a new release. What a guest sees changes only by a property of the
            part that shows it: give it a name, since(...) a new ABI version, and before(...) with the value that shows what
            was frozen; a new machine type then has the change. If nothing was meant to change, it is a bug."""
            .formatted(type, maker, file(), list, rest);
    }
}
