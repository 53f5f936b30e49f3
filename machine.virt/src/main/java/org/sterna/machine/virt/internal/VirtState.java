package org.sterna.machine.virt.internal;

import org.sterna.machine.state.Default;
import org.sterna.machine.state.Field;
import org.sterna.machine.virt.internal.interrupt.ClintState;
import org.sterna.machine.virt.internal.interrupt.PlicState;
import org.sterna.machine.virt.internal.rtc.RtcState;
import org.sterna.machine.virt.internal.sbi.SbiState;

/**
 * The state of the board.
 *
 * @param plic  the platform-level interrupt controller
 * @param clint the core-local interruptor
 * @param sbi   the built-in firmware; of no harts if the guest brings its own
 * @param rtc   the real-time clock; as after power-on if there is none
 */
record VirtState(@Field(1) PlicState plic, @Field(2) ClintState clint, @Field(3) SbiState sbi,
        @Field(id = 4, since = 2) @Default("") RtcState rtc) {
}
