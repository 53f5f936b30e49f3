package org.sterna.machine.internal;

import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.sterna.machine.IoError;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.time.GuestClock;

/**
 * What the devices of one machine share.
 *
 * @param timebase   of the board, in Hz
 * @param onFault    takes the path of a device that has thrown, and what it threw
 * @param onIoError  takes each request that the host could not carry out
 * @param onStall    takes a device whose I/O has not returned for a long time, or does again, as {@link DeviceSlot#stalled} says;
 *                   it must not block
 * @param onReturned takes a device none of whose calls is overdue any more; it must not block
 */
record DeviceHost(GuestMemory memory, HostMemoryBudget hostMemory, GuestClock clock, long timebase, IoThreads io, CallLimits limits,
        BiConsumer<String, Throwable> onFault, Consumer<IoError> onIoError, Consumer<DeviceSlot> onStall,
        Consumer<DeviceSlot> onReturned) {
}
