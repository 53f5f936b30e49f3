package org.sterna.migration;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.PropertyType;

/** Reads {@link ReceiveLimits} from texts, text by text, so that everything that is wrong is said at once. */
final class LimitTexts {
    private static final PropertyType<Long> MEMORY = new PropertyType.Size(4096, PropertyType.MAX_NUMBER, 1);
    private static final PropertyType<Long> MACHINES = new PropertyType.Number(1, Integer.MAX_VALUE);
    private static final Pattern TIME = Pattern.compile("([0-9]{1,9})([smhd])");

    private final Map<String, String> texts;
    private final List<Reason> wrong = new ArrayList<>();

    private LimitTexts(Map<String, String> texts) {
        this.texts = texts;
    }

    static ReceiveLimits parse(Map<String, String> texts, List<String> folders) {
        var reading = new LimitTexts(texts);
        ReceiveLimits limits = ReceiveLimits.DEFAULT;
        Long memory = reading.value("max-memory", MEMORY::parse);
        if (memory != null) {
            limits = limits.withMaxMemory(memory);
        }
        Long machines = reading.value("max-machines", MACHINES::parse);
        if (machines != null) {
            limits = limits.withMaxMachines(machines.intValue());
        }
        Duration jump = reading.value("max-clock-jump", LimitTexts::time);
        if (jump != null) {
            limits = limits.withMaxClockJump(jump);
        }
        limits = limits.withAllowedPaths(folders.stream().map(reading::folder).toList());
        if (!reading.wrong.isEmpty()) {
            throw new MachineException(MachineException.Kind.USAGE, reading.wrong);
        }
        return limits;
    }

    private <T> T value(String name, Function<String, T> type) {
        String text = texts.get(name);
        try {
            return text == null || text.isBlank() ? null : type.apply(text.strip());
        } catch (IllegalArgumentException e) {
            wrong.add(new Reason("", name, e.getMessage(), ""));
            return null;
        }
    }

    private static Duration time(String text) {
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a time such as 30s, 5m, 2h or 1d");
        }
        long number = Long.parseLong(time.group(1));
        return switch (time.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }

    private Path folder(String text) {
        try {
            Path folder = Path.of(text);
            if (Files.isDirectory(folder)) {
                return folder;
            }
        } catch (InvalidPathException e) {
            // It is no folder either.
        }
        wrong.add(new Reason("", "allow-path", "'" + text + "' is no folder", "name a folder that is there"));
        return Path.of("");
    }
}
