package org.sterna.launcher.internal.demo;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the drill guest says about itself, since it was booted.
 *
 * @param sequence   the number of the report
 * @param checks     how often it has checked something
 * @param violations how often something was wrong
 * @param pvclock    whether its clock page is in use
 */
public record DrillReport(long sequence, long checks, long violations, boolean pvclock) {
    private static final Pattern LINE = Pattern.compile(
        "DRILL report seq=(\\d+) checks=(\\d+) violations=(\\d+) .*pvclock=(on|off).*");

    /** The report that a line of the guest's is, if it is one. */
    static Optional<DrillReport> of(String line) {
        Matcher matcher = LINE.matcher(line);
        return matcher.matches() ? Optional.of(new DrillReport(Long.parseLong(matcher.group(1)),
            Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)), matcher.group(4).equals("on")))
            : Optional.empty();
    }
}
