package org.sterna.migration.internal.file;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares the runs of an INDEX with the PAGES frames, which it is given from the last to the first: of a page that
 * comes more than once the last content counts. It takes memory by the number of ranges, not by the number of pages
 * that they claim.
 */
final class IndexedPages {
    private final List<PageMap.Run> runs;
    private final int pageSize;
    /** The pages that have not come yet, as intervals: the first one, and the one after the last. */
    private final TreeMap<Integer, Integer> missing = new TreeMap<>();

    /**
     * No frame has been looked at.
     *
     * @param runs  they cover each page once, in the order of the pages
     * @param pages their number
     */
    IndexedPages(List<PageMap.Run> runs, int pages, int pageSize) {
        this.runs = runs;
        this.pageSize = pageSize;
        if (pages > 0) {
            missing.put(0, pages);
        }
    }

    /**
     * Takes a range of a frame.
     *
     * @param range where its content is
     * @return how it contradicts the index, or the empty string
     */
    String take(PageMap.Run range) {
        int end = range.first() + range.pages();
        Integer before = missing.lowerKey(range.first());
        Integer from = before != null && missing.get(before) > range.first() ? before
            : missing.ceilingKey(range.first());
        while (from != null && from < end) {
            int to = missing.remove(from);
            if (from < range.first()) {
                missing.put(from, range.first());
            }
            if (to > end) {
                missing.put(end, to);
            }
            String contradiction = compare(range, Math.max(from, range.first()), Math.min(to, end));
            if (!contradiction.isEmpty()) {
                return contradiction;
            }
            from = missing.ceilingKey(to);
        }
        return "";
    }

    private String compare(PageMap.Run range, int from, int to) {
        for (int page = from; page < to; ) {
            PageMap.Run indexed = runs.get(runAt(page));
            if (indexed.at(page, pageSize) != range.at(page, pageSize)) {
                return "by its index page " + page + " is " + place(indexed, page)
                    + ", by the last frame PAGES that has it "
                    + place(range, page);
            }
            page = indexed.first() + indexed.pages();
        }
        return "";
    }

    private String place(PageMap.Run run, int page) {
        return run.zero() ? "zero" : "at byte " + run.at(page, pageSize);
    }

    /** The run that has a page. */
    private int runAt(int page) {
        int low = 0;
        int high = runs.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (runs.get(middle).first() <= page) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** What is missing when the first frame has been taken, or the empty string. */
    String end() {
        Map.Entry<Integer, Integer> first = missing.firstEntry();
        return first == null ? "" : "page " + first.getKey() + " is in its index, and in no frame PAGES";
    }
}
