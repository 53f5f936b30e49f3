package org.sterna.migration.internal.file;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sterna.machine.memory.GuestMemory;

/**
 * Which parts of a file show guest memory best. What a guest has written while its memory was on the way into the file
 * lies behind the rest and tears it into short runs. So a mapping goes over what has been superseded, and what it shows
 * wrongly is put there from where it is now.
 */
final class Mappings {
    /** A mapping for fewer pages would cost more than to read them. */
    private static final int WORTH = 16;
    /** The most pages with data that fit into a frame; what is further apart was not written in one go. */
    private static final int FRAME = 260;

    private final List<PageMap.Run> runs;

    private Mappings(List<PageMap.Run> runs) {
        this.runs = new ArrayList<>(runs);
    }

    /** What to map for the runs of a file, given in the order of their pages. */
    static Mappings of(List<PageMap.Run> content, int most) {
        Map<Long, Stretch> open = new HashMap<>();
        List<Stretch> all = new ArrayList<>();
        for (PageMap.Run run : content) {
            if (run.zero()) {
                continue;
            }
            Stretch stretch = open.get(shift(run));
            if (stretch == null || run.first() - stretch.end > FRAME) {
                stretch = new Stretch(run);
                open.put(shift(run), stretch);
                all.add(stretch);
            }
            stretch.end = run.first() + run.pages();
            stretch.pages += run.pages();
        }
        return new Mappings(all.stream().filter(stretch -> stretch.pages >= WORTH)
            .sorted(Comparator.comparingInt((Stretch stretch) -> stretch.pages).reversed()).limit(most)
            // What was written later covers what it has superseded.
            .map(Stretch::run).sorted(Comparator.comparingLong(PageMap.Run::offset)).toList());
    }

    /** The same for all pages that lie in the file as they lie in memory. */
    private static long shift(PageMap.Run run) {
        return run.offset() / GuestMemory.PAGE_SIZE - run.first();
    }

    /** Pages that were written in one go, with holes where they were written again. */
    private static final class Stretch {
        private final PageMap.Run start;
        private int end;
        private int pages;

        Stretch(PageMap.Run start) {
            this.start = start;
        }

        PageMap.Run run() {
            return new PageMap.Run(start.first(), end - start.first(), start.offset());
        }
    }

    /** What to map, each over those before it. */
    List<PageMap.Run> runs() {
        return List.copyOf(runs);
    }

    /** One of them cannot be mapped. */
    void remove(PageMap.Run run) {
        runs.remove(run);
    }

    /** What of the content the mappings do not show, or show wrongly. Memory is zero where there is none. */
    List<PageMap.Run> missing(List<PageMap.Run> content) {
        int pages = content.isEmpty() ? 0 : content.getLast().first() + content.getLast().pages();
        var shown = new PageMap(pages, GuestMemory.PAGE_SIZE);
        shown.zero(0, pages);
        runs.forEach(run -> shown.data(run.first(), run.pages(), run.offset()));
        List<PageMap.Run> missing = new ArrayList<>();
        for (PageMap.Run run : content) {
            shown.differences(run, missing::add);
        }
        return missing;
    }
}
