package org.sterna.machine.memory;

import org.osgi.annotation.versioning.ConsumerType;

/** What answers accesses to a range of MMIO addresses. */
@ConsumerType
public interface MmioHandler {
    /**
     * A load by a processor.
     *
     * @param offset from the start of the range
     * @param size   1, 2, 4 or 8 bytes; {@code offset} is a multiple of it
     * @return the value, zero-extended
     */
    long read(long offset, int size);

    /**
     * A store by a processor.
     *
     * @param offset from the start of the range
     * @param size   1, 2, 4 or 8 bytes; {@code offset} is a multiple of it
     * @param value  the value, whose bits beyond {@code size} are zero
     */
    void write(long offset, int size, long value);
}
