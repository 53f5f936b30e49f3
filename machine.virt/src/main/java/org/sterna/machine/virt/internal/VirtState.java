package org.sterna.machine.virt.internal;

import org.sterna.machine.state.Field;
import org.sterna.machine.virt.internal.interrupt.ClintState;
import org.sterna.machine.virt.internal.interrupt.PlicState;
import org.sterna.machine.virt.internal.sbi.SbiState;

/**
 * The state of the board.
 *
 * @param plic  the platform-level interrupt controller
 * @param clint the core-local interruptor
 * @param sbi   the built-in firmware; of no harts if the guest brings its own
 */
record VirtState(@Field(1) PlicState plic, @Field(2) ClintState clint, @Field(3) SbiState sbi) {
}
