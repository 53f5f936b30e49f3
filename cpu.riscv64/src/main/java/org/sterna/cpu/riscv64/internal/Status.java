package org.sterna.cpu.riscv64.internal;

/** The fields of {@code mstatus}, of which {@code sstatus} is a part. */
final class Status {
    static final long SIE = 1L << 1;
    static final long MIE = 1L << 3;
    static final long SPIE = 1L << 5;
    static final long MPIE = 1L << 7;
    static final long SPP = 1L << 8;
    static final int MPP_SHIFT = 11;
    static final long MPP = 3L << MPP_SHIFT;
    static final long MPRV = 1L << 17;
    static final long SUM = 1L << 18;
    static final long MXR = 1L << 19;
    static final long TVM = 1L << 20;
    static final long TW = 1L << 21;
    static final long TSR = 1L << 22;
    /** UXL and SXL: both modes are always 64 bits wide. */
    static final long WIDTHS = 2L << 32 | 2L << 34;
    /** What software may write in M-mode. FS, VS and XS stay 0: there is no such state. */
    static final long WRITABLE = SIE | MIE | SPIE | MPIE | SPP | MPP | MPRV | SUM | MXR | TVM | TW | TSR;
    /** What of it software may write in S-mode. */
    static final long SUPERVISOR_WRITABLE = SIE | SPIE | SPP | SUM | MXR;
    /** What of it S-mode sees. */
    static final long SUPERVISOR = SUPERVISOR_WRITABLE | 3L << 32;

    private Status() {
    }
}
