package org.sterna.machine.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.sterna.machine.Machine.Phase;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.Configuration;
import org.sterna.machine.abi.PartAbi;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.device.DeviceFactory;
import org.sterna.machine.lease.Resource;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.memory.HostMemoryBudget;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.time.GuestClock;

/**
 * A board and devices that are put together to be asked what stands against them, and thrown away. There are no processors, and a
 * page of memory, so that a question costs as little for a guest of a terabyte as for any other. Nothing is attached.
 */
final class DryRunMachine implements AutoCloseable, BoardSide.Fate {
    /** Where devices are put while there is no board that has slots. */
    private static final Board.Slot NOWHERE = new Board.Slot(0, 0, level -> { });
    private static final long TIMEBASE = 10_000_000;

    private final AbiDocument abi;
    private final Map<String, Map<String, Object>> host;
    private final CallLimits limits;
    private final GuestClock clock = new GuestClock();
    private final GuestMemory memory = new GuestMemory(0, GuestMemory.PAGE_SIZE);
    private final IoThreads io;
    private final DeviceHost devices;
    private final Processors processors = new Processors();
    private final MmioBus bus = new MmioBus();
    private final List<Reason> reasons = new ArrayList<>();
    private final List<DeviceSlot> made = new ArrayList<>();
    /** What its devices would take, by what is the same for all names of one thing. */
    private final Map<Object, Resource> claimed = new HashMap<>();
    /** The devices by their kind and number of slot. */
    private final Map<String, String> slots = new TreeMap<>();
    private Optional<DeviceCalls> boardCalls = Optional.empty();
    private Board<?> board;

    /**
     * Nothing yet.
     *
     * @param host   the host properties, by path and name
     * @param limits how long each answer may take
     */
    DryRunMachine(AbiDocument abi, Map<String, Map<String, Object>> host, CallLimits limits) {
        this.abi = abi;
        this.host = host;
        this.limits = limits;
        this.io = new IoThreads("dry-run", limits.stall());
        this.devices = new DeviceHost(memory, new HostMemoryBudget(abi.processors(), () -> Long.MAX_VALUE), clock, TIMEBASE, io,
            limits, (faulty, fault) -> { }, error -> { }, device -> { }, device -> { });
    }

    /** Everything that stands against what has been put in so far. */
    List<Reason> obstacles() {
        return reasons;
    }

    /** Puts the board in, before all devices. */
    void put(Installed<BoardFactory> installed) {
        String path = "/" + abi.board().type();
        var plugin = Plugin.of(path, installed);
        var calls = new DeviceCalls(plugin, () -> { });
        boardCalls = Optional.of(calls);
        asking(path, installed, () -> {
            var side = new BoardSide(path, Configuration.ofPart(installed.model(), abi.board(), host.getOrDefault(path, Map.of())),
                abi.processors(), memory, bus, clock, processors, this);
            board = calls.call("create()", limits.step(), () -> plugin.guard(Board.class,
                installed.guarded(BoardFactory.class, path).create(side)), late -> { });
            return calls.call("obstacles()", limits.step(), () -> board.obstacles(), late -> { });
        });
    }

    /** Puts a device in. */
    void put(String path, Installed<DeviceFactory> installed, PartAbi part) {
        asking(path, installed, () -> {
            var blueprint = new Blueprint.DeviceBlueprint(installed,
                Configuration.ofPart(installed.model(), part, host.getOrDefault(path, Map.of())), part.slot());
            DeviceSlot device = board == null ? new DeviceSlot(path, blueprint, NOWHERE, devices)
                : new Devices.Maker(board, abi.board().type(), devices).make(path, blueprint);
            made.add(device);
            var found = new ArrayList<>(device.obstacles());
            found.addAll(place(installed.guarded(DeviceFactory.class, path).slot(), device));
            device.claims().forEach(claim -> found.addAll(claim(claim)));
            return found;
        });
    }

    /** Puts a device into its slot. That two devices have one slot is an obstacle of the guest ABI, and said as that. */
    private List<Reason> place(String kind, DeviceSlot device) {
        if (board == null || slots.putIfAbsent(kind + "@" + device.number(), device.path()) != null) {
            return List.of();
        }
        try {
            bus.map(new MmioBus.Region(device.path(), device.slot().base(), device.registerBytes(), device));
            return List.of();
        } catch (IllegalArgumentException e) {
            return List.of(Reason.of(device.path(), "its registers overlap others on the board " + abi.board().type(),
                "this is a defect of the board's bundle"));
        }
    }

    private List<Reason> claim(Resource claim) {
        Resource other = claimed.putIfAbsent(identity(claim), claim);
        return other == null || !other.exclusive() && !claim.exclusive() ? List.of()
            : List.of(new Reason(claim.device(), claim.property(), text(claim) + " is used by " + other.device() + " too",
                "give each device its own"));
    }

    private static String text(Resource claim) {
        return "file".equals(claim.name().getScheme()) ? Path.of(claim.name()).toString() : claim.name().toString();
    }

    /** A file may have several paths. */
    private static Object identity(Resource claim) {
        if ("file".equals(claim.name().getScheme())) {
            try {
                return Files.getAttribute(Path.of(claim.name()), "unix:fileKey");
            } catch (IOException e) {
                // What is not there is said otherwise.
            }
        }
        return claim.name();
    }

    /**
     * Asks a part that can be made with the host properties that there are; of another one those that it does not take
     * are said.
     */
    private void asking(String path, Installed<?> installed, Supplier<List<Reason>> question) {
        var misfits = Obstacles.ofHost(path, installed.model(), host.getOrDefault(path, Map.of()));
        reasons.addAll(misfits);
        if (misfits.isEmpty()) {
            try {
                reasons.addAll(question.get());
            } catch (MachineException e) {
                reasons.addAll(e.reasons());
            }
        }
    }

    @Override
    public void ends(Phase last, String reason) {
        // There is no guest.
    }

    @Override
    public void restarts() {
        // Likewise.
    }

    /** Frees its memory, when nothing of it does anything any more that could touch it. */
    @Override
    public void close() {
        processors.close(limits.stop());
        clock.close();
        io.close();
        Runnable free = () -> Stragglers.after(made, DeviceSlot::whenQuiet, memory::close);
        boardCalls.ifPresentOrElse(calls -> calls.whenReturned(free), free);
    }
}
