package org.sterna.cpu.riscv64.internal;

/** The privilege modes, as the architecture numbers them. */
final class Privilege {
    static final int USER = 0;
    static final int SUPERVISOR = 1;
    static final int MACHINE = 3;

    private Privilege() {
    }
}
