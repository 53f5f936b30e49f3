package org.sterna.cpu.riscv64.internal;

import org.sterna.machine.memory.HostMemoryAccount;
import org.sterna.machine.memory.HostMemoryException;

/**
 * The pre-decoded pages of one hart, found by physical address. What they take of the host's memory is decided by the guest:
 * it is counted in the hart's account, and when that is exhausted the pages that were used least recently are dropped.
 */
final class CodeCache {
    private static final int BUCKETS = 4096;

    private final HostMemoryAccount account;
    private final Decoder decoder;
    /** Forgets all references to pages that may have been dropped. */
    private final Runnable onDrop;
    private final CodePage[] buckets = new CodePage[BUCKETS];
    /** The ends of the list of all pages in the order of their latest use. */
    private CodePage newest;
    private CodePage oldest;
    /** Made beforehand, since there may be no memory for it when it is needed. */
    private final HostMemoryException noMemory = new HostMemoryException("no memory for decoded instructions");

    CodeCache(HostMemoryAccount account, Decoder decoder, Runnable onDrop) {
        this.account = account;
        this.decoder = decoder;
        this.onDrop = onDrop;
    }

    /**
     * The page at a physical address, which is the one that was used most recently now.
     *
     * @param host  its host address
     * @param epoch the number of the hart's latest FENCE.I
     * @throws HostMemoryException if the host has no memory for it
     */
    CodePage page(long physical, long host, int epoch) {
        CodePage page = find(physical);
        if (page != null && page.current(host, epoch)) {
            if (page != newest) {
                unlink(page);
                link(page);
            }
            return page;
        }
        if (page != null) {
            drop(page);
        }
        try {
            return make(physical, host, epoch);
        } catch (OutOfMemoryError e) {
            // Others have used up the heap. What this hart has of it may be enough.
            clear();
        }
        try {
            return make(physical, host, epoch);
        } catch (OutOfMemoryError e) {
            throw noMemory;
        }
    }

    private CodePage find(long physical) {
        CodePage page = buckets[bucket(physical)];
        while (page != null && page.physical != physical) {
            page = page.next;
        }
        return page;
    }

    private static int bucket(long physical) {
        return (int) (physical >>> 12) & BUCKETS - 1;
    }

    private CodePage make(long physical, long host, int epoch) {
        makeRoom(null);
        var page = new CodePage(physical, host, epoch, decoder, this);
        int bucket = bucket(physical);
        page.next = buckets[bucket];
        buckets[bucket] = page;
        link(page);
        page.counted = page.bytes();
        account.reserve(page.counted);
        return page;
    }

    /** A page has grown, or has lost what was decoded of it. */
    void resized(CodePage page) {
        if (page.counted > 0 && page.counted != page.bytes()) {
            account.release(page.counted);
            page.counted = page.bytes();
            account.reserve(page.counted);
            makeRoom(page);
        }
    }

    /** Drops pages if too much is in use: an eighth of it, so that it does not come to this at once again. */
    private void makeRoom(CodePage kept) {
        if (!account.exhausted()) {
            return;
        }
        long enough = account.limit() / 8 * 7;
        CodePage page = oldest;
        while (page != null && account.used() > enough) {
            CodePage newer = page.newer;
            if (page != kept) {
                drop(page);
            }
            page = newer;
        }
        onDrop.run();
    }

    private void drop(CodePage page) {
        int bucket = bucket(page.physical);
        if (buckets[bucket] == page) {
            buckets[bucket] = page.next;
        } else {
            CodePage before = buckets[bucket];
            while (before.next != page) {
                before = before.next;
            }
            before.next = page.next;
        }
        page.next = null;
        unlink(page);
        account.release(page.counted);
        page.counted = 0;
    }

    HostMemoryException noMemory() {
        return noMemory;
    }

    /** Drops all pages. */
    void clear() {
        while (oldest != null) {
            drop(oldest);
        }
        onDrop.run();
    }

    private void link(CodePage page) {
        page.older = newest;
        page.newer = null;
        if (newest == null) {
            oldest = page;
        } else {
            newest.newer = page;
        }
        newest = page;
    }

    private void unlink(CodePage page) {
        if (page.newer == null) {
            newest = page.older;
        } else {
            page.newer.older = page.older;
        }
        if (page.older == null) {
            oldest = page.newer;
        } else {
            page.older.newer = page.newer;
        }
        page.newer = null;
        page.older = null;
    }
}
