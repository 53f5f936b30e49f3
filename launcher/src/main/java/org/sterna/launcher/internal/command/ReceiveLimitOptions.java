package org.sterna.launcher.internal.command;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.migration.ReceiveLimits;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a receiver takes in at most. */
final class ReceiveLimitOptions {
    @Option(names = "--max-memory", paramLabel = "SIZE", description = "How much guest memory the machines here may have together"
        + " (default: what this host has; more is overcommitted).")
    private String maxMemory;
    @Option(names = "--max-machines", paramLabel = "N", description = "How many machines this process may"
        + " have; a receiver has one at a time (default: any number).")
    private String maxMachines;
    @Option(names = "--max-clock-jump", paramLabel = "TIME", description = "How far the clocks of the two hosts may be apart, and so"
        + " the guest's clocks jump, such as 30s, 5m, 2h or 1d (default: 5m).")
    private String maxClockJump;
    @Mixin
    private AllowedPaths paths;

    /**
     * The limits.
     *
     * @throws MachineException (usage) with every option that is wrong
     */
    ReceiveLimits limits() {
        var texts = new TreeMap<String, String>();
        put(texts, "max-memory", maxMemory);
        put(texts, "max-machines", maxMachines);
        put(texts, "max-clock-jump", maxClockJump);
        return parse(texts, paths.folders());
    }

    private static void put(Map<String, String> texts, String name, String text) {
        if (text != null) {
            texts.put(name, text);
        }
    }

    /** Reads texts, and names the options in what is wrong with them. */
    static ReceiveLimits parse(Map<String, String> texts, List<String> folders) {
        try {
            return ReceiveLimits.parse(texts, folders);
        } catch (MachineException e) {
            throw new MachineException(e.kind(), e.reasons().stream()
                .map(reason -> Reason.of("--" + reason.item(), reason.cause(), reason.remedy())).toList());
        }
    }
}
