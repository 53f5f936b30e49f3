package org.sterna.migration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.sterna.machine.MachineException;

/**
 * What a receiver takes in at most. What is beyond it is BLOCKED, with what to do about it, and refused when the machine comes too.
 *
 * @param maxMemory    how many bytes of guest memory the machines of this process may have together, the one that comes counted;
 *                     empty for as many as this host has, or as its container may use. More than that is overcommitted: guests that
 *                     use all of their memory may then bring the host to its end
 * @param maxMachines  how many machines this process may have, the one that comes counted
 * @param maxClockJump how much the wall clocks of both hosts may differ, and so how far the guest's clocks may jump
 * @param allowedPaths the folders that files which the source's host properties name must lie in. What this host maps itself is not
 *                     asked for; without folders, everything has to be mapped
 * @since 1.5
 */
public record ReceiveLimits(OptionalLong maxMemory, int maxMachines, Duration maxClockJump, List<Path> allowedPaths) {
    /** What the host has, any number of machines, five minutes, no folder. */
    public static final ReceiveLimits DEFAULT =
        new ReceiveLimits(OptionalLong.empty(), Integer.MAX_VALUE, Duration.ofMinutes(5), List.of());

    /** Copies the list and checks the ranges. */
    public ReceiveLimits {
        if (maxMemory.orElse(1) <= 0 || maxMachines < 1 || maxClockJump.isNegative()) {
            throw new IllegalArgumentException("memory and machines are positive, a clock's jump not negative");
        }
        allowedPaths = List.copyOf(allowedPaths);
    }

    /**
     * Reads limits as command lines and configurations give them.
     *
     * @param texts   by name: {@code max-memory} such as {@code 4G}, {@code max-machines} such as {@code 3}, {@code max-clock-jump}
     *                such as {@code 30s}, {@code 5m}, {@code 2h} or {@code 1d}; what is not there, or is empty, has its default
     * @param folders the allowed paths, which must be folders
     * @throws MachineException (usage) with everything that is wrong; each reason has the name as its item, {@code allow-path} for a
     *                          folder
     */
    public static ReceiveLimits parse(Map<String, String> texts, List<String> folders) {
        return LimitTexts.parse(texts, folders);
    }

    /** The same with another limit for guest memory in bytes. */
    public ReceiveLimits withMaxMemory(long bytes) {
        return new ReceiveLimits(OptionalLong.of(bytes), maxMachines, maxClockJump, allowedPaths);
    }

    /** The same with another number of machines. */
    public ReceiveLimits withMaxMachines(int machines) {
        return new ReceiveLimits(maxMemory, machines, maxClockJump, allowedPaths);
    }

    /** The same with another limit for the jump of clocks. */
    public ReceiveLimits withMaxClockJump(Duration jump) {
        return new ReceiveLimits(maxMemory, maxMachines, jump, allowedPaths);
    }

    /** The same with other folders. */
    public ReceiveLimits withAllowedPaths(List<Path> folders) {
        return new ReceiveLimits(maxMemory, maxMachines, maxClockJump, folders);
    }
}
