package org.sterna.launcher.internal.terminal;

import java.util.Locale;
import org.sterna.migration.Swap;
import org.sterna.migration.Verdict;

/** What has become of the swap of a device, for people. */
public final class SwapText {
    private SwapText() {
    }

    /** The lines, each with its line end. */
    public static String of(Swap swap) {
        Verdict.Section section = swap.verdict().sections().getFirst();
        return swap.done()
            ? String.format(Locale.ROOT, "%s is %s now, it was %s%s%s%n", section.path(), section.readerBundle(), section.writerBundle(),
                swap.pause() == 0 ? "" : String.format(Locale.ROOT, "; the guest stood still for %.2f ms", swap.pause() / 1e6),
                swap.verdict().losses().isEmpty() ? "" : "; " + VerdictText.losses(swap.verdict()))
            : section.path() + " is still " + section.writerBundle() + ":\n" + VerdictText.reasons(swap.reasons());
    }
}
