package org.sterna.machine.internal;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.board.Board;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.time.GuestClock;

/**
 * Asks a device what stands against attaching it, without a machine: it is made with a page of memory, a clock that
 * stands still and an interrupt line that leads nowhere, and thrown away. So a question costs as little for a guest of
 * a terabyte as for any other.
 */
final class Rehearsal {
    private Rehearsal() {
    }

    static List<Reason> obstacles(String path, Installed<DeviceFactory> installed, PartAbi part, Map<String, Object> host) {
        try (var memory = new GuestMemory(0, GuestMemory.PAGE_SIZE); var clock = new GuestClock()) {
            return new DeviceSlot(path, installed, Configuration.ofPart(installed.model(), part, host),
                new Board.Slot(0, 0, level -> { }), memory, clock, TimeUnit.SECONDS.toNanos(1),
                (faulty, fault) -> { }).obstacles();
        } catch (MachineException e) {
            return e.reasons();
        } catch (IllegalArgumentException e) {
            return List.of(Reason.of(path, "a host property does not fit: " + e.getMessage(), ""));
        }
    }
}
