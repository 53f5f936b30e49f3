package org.sterna.device.virtioblk.internal;

/**
 * What the driver was told is written and may be in the host's cache only. When a flush fails the system has forgotten what it
 * could not write, and the next flush succeeds: so that is lost, and the driver must learn of it by a flush of its own that fails.
 */
final class CachedWrites {
    private final DiskFile disk;
    private long written;
    private long flushed;
    private int failures;
    private boolean lost;

    /** @param lost whether something was lost before that the driver does not know of yet */
    CachedWrites(DiskFile disk, boolean lost) {
        this.disk = disk;
        this.lost = lost;
    }

    /** Something is written that is not flushed at once. */
    void add() {
        written++;
    }

    /** A mark for a flush that begins now. */
    long mark() {
        return written;
    }

    /** A flush has succeeded that began at a mark. */
    void flushed(long mark) {
        flushed = Math.max(flushed, mark);
    }

    /** Whether something is lost that the driver does not know of. */
    boolean lost() {
        int now = disk.failedFlushes();
        lost |= now != failures && flushed < written;
        failures = now;
        return lost;
    }

    /** The driver learns by a flush that began at a mark that what it wrote before may be lost. */
    void told(long mark) {
        lost = false;
        flushed(mark);
    }
}
