package org.sterna.migration.internal.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.sterna.machine.memory.GuestMemory;

/** What is mapped and what is read give together what the file holds. */
class MappingsTest {
    private static final int PAGE = GuestMemory.PAGE_SIZE;
    private static final int PAGES = 600;

    /** A file of frames as a snapshot writes them: a page of header, then the content. */
    private static final class Content {
        private final PageMap map;
        private long end = PAGE;

        Content(int pages) {
            map = new PageMap(pages, PAGE);
            map.zero(0, pages);
        }

        void frame(int first, int pages, boolean adjacent) {
            end += adjacent ? 0 : PAGE;
            map.data(first, pages, end);
            end += (long) pages * PAGE;
        }

        List<PageMap.Run> runs() {
            var runs = new ArrayList<PageMap.Run>();
            map.forEachRun(runs::add);
            return runs;
        }
    }

    private static long[] show(int pages, List<List<PageMap.Run>> layers) {
        var memory = new long[pages];
        for (PageMap.Run run : layers.stream().flatMap(List::stream).toList()) {
            for (int i = 0; i < run.pages(); i++) {
                memory[run.first() + i] = run.zero() ? 0 : run.offset() + (long) i * PAGE;
            }
        }
        return memory;
    }

    private static int pages(List<PageMap.Run> runs) {
        return runs.stream().mapToInt(PageMap.Run::pages).sum();
    }

    @Property
    void whateverWasWrittenInWhateverOrderIsThere(
            @ForAll @Size(max = 60) List<@IntRange(min = 0, max = PAGES * 64 - 1) Integer> written,
            @ForAll @IntRange(min = 0, max = 9) int most) {
        var content = new Content(PAGES);
        for (int place : written) {
            int first = place / 64;
            int length = Math.min(1 << place % 64 % 8, PAGES - first);
            if (place % 5 == 0) {
                content.map.zero(first, length);
            } else {
                content.frame(first, length, place % 3 == 0);
            }
        }
        var mappings = Mappings.of(content.runs(), most);
        assertArrayEquals(show(PAGES, List.of(content.runs())),
            show(PAGES, List.of(mappings.runs(), mappings.missing(content.runs()))));
    }

    @Test
    void onlyWhatTheGuestHasWrittenMeanwhileIsRead() {
        var content = new Content(10_240);
        for (int page = 0; page < 10_240; page += 128) {
            content.frame(page, 128, false);
        }
        for (int page = 0; page < 10_240; page += 10) {
            content.frame(page, 1, page % 1280 != 0);
        }
        var mappings = Mappings.of(content.runs(), 1000);
        assertEquals(80, mappings.runs().size());
        assertEquals(1024, pages(mappings.missing(content.runs())));
    }

    @Test
    void whatCannotBeMappedIsRead() {
        var content = new Content(1024);
        content.frame(0, 128, false);
        content.frame(128, 64, false);
        var mappings = Mappings.of(content.runs(), 1);
        assertEquals(List.of(new PageMap.Run(0, 128, 2 * PAGE)), mappings.runs());
        assertEquals(64, pages(mappings.missing(content.runs())));
        mappings.remove(mappings.runs().getFirst());
        assertEquals(192, pages(mappings.missing(content.runs())));
    }
}
