package org.sterna.machine.virt.internal.boot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What OpenSBI's {@code fw_dynamic} is told about the next boot stage, by the address in its register a2
 * (OpenSBI, include/sbi/fw_dynamic.h: six 64-bit words).
 */
final class FirmwareInfo {
    /** "OSBI". */
    private static final long MAGIC = 0x4942_534f;
    private static final long VERSION = 2;
    private static final long SUPERVISOR_MODE = 1;

    private FirmwareInfo() {
    }

    /** The structure for a next stage at an address, booted by hart 0. */
    static byte[] to(long next) {
        return ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN)
            .putLong(MAGIC).putLong(VERSION).putLong(next).putLong(SUPERVISOR_MODE).putLong(0).putLong(0).array();
    }
}
