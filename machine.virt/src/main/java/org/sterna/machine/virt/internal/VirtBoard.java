package org.sterna.machine.virt.internal;

import java.util.Arrays;
import java.util.List;
import org.sterna.machine.MachineException;
import org.sterna.machine.Reason;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.memory.MmioBus;
import org.sterna.machine.memory.MmioHandler;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.virt.internal.boot.BoardTree;
import org.sterna.machine.virt.internal.boot.BootImages;
import org.sterna.machine.virt.internal.boot.BootLoader;
import org.sterna.machine.virt.internal.boot.WiredDevice;
import org.sterna.machine.virt.internal.interrupt.Clint;
import org.sterna.machine.virt.internal.interrupt.HartInputs;
import org.sterna.machine.virt.internal.interrupt.Plic;
import org.sterna.machine.virt.internal.interrupt.TimeCounter;
import org.sterna.machine.virt.internal.rtc.GoldfishRtc;
import org.sterna.machine.virt.internal.rtc.RtcState;
import org.sterna.machine.virt.internal.sbi.Firmware;
import org.sterna.machine.virt.internal.sbi.Sbi;
import org.sterna.machine.virt.internal.sbi.SbiState;

/** The board: interrupt controllers, test finisher, real-time clock, slots, and firmware if it is built in. */
final class VirtBoard implements Board<VirtState> {
    private final BoardContext context;
    private final BootImages images;
    private final BoardTree tree;
    private final int virtioSlots;
    private final HartInputs inputs = new HartInputs();
    private final Plic plic;
    private final Clint clint;
    /** Null if the guest brings its own firmware. */
    private final Sbi sbi;
    /** Null if there is none. */
    private final GoldfishRtc rtc;

    /**
     * A board.
     *
     * @param tree     what of its device tree follows from its properties
     * @param firmware the firmware that it has built in, or null
     */
    VirtBoard(BoardContext context, BoardTree tree, Firmware firmware, BootImages images) {
        this.context = context;
        this.images = images;
        this.tree = tree;
        this.virtioSlots = context.get(VirtBoardFactory.VIRTIO_SLOTS).intValue();
        var counter = new TimeCounter(context.clock(), tree.timebase());
        plic = new Plic(context.processors(), tree.sources(),
            context.get(VirtBoardFactory.PLIC_PRIORITY_BITS).intValue(), inputs);
        clint = new Clint(context.processors(), counter, inputs);
        sbi = firmware == null ? null : new Sbi(firmware, context, counter, inputs);
        rtc = tree.rtc() ? new GoldfishRtc(context.clock(), plic.line(MemoryMap.RTC_INTERRUPT)) : null;
        if (tree.testFinisher()) {
            map(MemoryMap.TEST, TestFinisher.SIZE, new TestFinisher(context));
        }
        map(MemoryMap.CLINT, Clint.SIZE, clint);
        map(MemoryMap.PLIC, Plic.SIZE, plic);
        if (rtc != null) {
            map(MemoryMap.RTC, GoldfishRtc.SIZE, rtc);
        }
    }

    private void map(long base, long size, MmioHandler handler) {
        context.bus().map(new MmioBus.Region(context.path(), base, size, handler));
    }

    @Override
    public long timebase() {
        return tree.timebase();
    }

    @Override
    public EnvironmentCalls environment() {
        return sbi;
    }

    @Override
    public void connect(List<Processor<?>> processors) {
        inputs.connect(processors);
        plic.drive();
        clint.drive();
        if (sbi != null) {
            sbi.drive();
        }
    }

    @Override
    public Slot slot(String label, int index) {
        return SlotKind.of(label).filter(kind -> index >= 0 && index < count(kind))
            .map(kind -> new Slot(kind.base(index), kind.size(), plic.line(kind.interrupt(index)))).orElse(null);
    }

    private int count(SlotKind kind) {
        return kind == SlotKind.VIRTIO_MMIO ? virtioSlots : kind.count();
    }

    @Override
    public List<String> slotKinds() {
        return Arrays.stream(SlotKind.values()).filter(kind -> count(kind) > 0).map(SlotKind::label).toList();
    }

    @Override
    public List<Reason> obstacles() {
        var reasons = images.obstacles(context.path());
        if (sbi == null && images.bios() == null) {
            reasons.addAll(withoutFirmware().reasons());
        }
        return reasons;
    }

    private MachineException withoutFirmware() {
        return MachineException.usage(context.path(), "bios", "firmware=image says that the guest brings its own "
            + "firmware, but there is none", "give --bios, or say firmware=builtin");
    }

    @Override
    public void boot(List<Placed> devices) {
        if (sbi == null && images.bios() == null) {
            throw withoutFirmware();
        }
        if (rtc != null) {
            rtc.reset();
        }
        plic.reset();
        clint.reset();
        var wired = devices.stream()
            .map(placed -> new WiredDevice(placed, SlotKind.interruptAt(placed.slot().base()))).toList();
        BootLoader.Entry entry =
            new BootLoader(images, context.memory(), tree, inputs.harts().stream().map(Processor::node).toList())
                .load(wired);
        if (sbi == null) {
            // Firmware sorts out by itself which hart goes on.
            for (int hart = 0; hart < inputs.harts().size(); hart++) {
                start(hart, entry);
            }
        } else {
            sbi.reset();
            start(0, entry);
        }
    }

    private void start(int hart, BootLoader.Entry entry) {
        long[] arguments = new long[entry.arguments().size() + 1];
        arguments[0] = hart;
        for (int i = 1; i < arguments.length; i++) {
            arguments[i] = entry.arguments().get(i - 1);
        }
        inputs.harts().get(hart).boot(entry.entry(), arguments);
    }

    @Override
    public VirtState state() {
        return new VirtState(plic.state(), clint.state(), sbi == null ? SbiState.ABSENT : sbi.state(),
            rtc == null ? RtcState.INITIAL : rtc.state());
    }

    @Override
    public void restore(VirtState state) {
        if (sbi != null) {
            sbi.restore(state.sbi());
        } else if (!state.sbi().equals(SbiState.ABSENT)) {
            throw new IllegalArgumentException("sbi: holds a state, but this guest brings its own firmware");
        }
        // The clock drives a line of the PLIC, whose state is about to say what became of it.
        if (rtc != null) {
            rtc.restore(state.rtc());
        } else if (!state.rtc().equals(RtcState.INITIAL)) {
            throw new IllegalArgumentException("rtc: holds a state, but this board has no real-time clock");
        }
        plic.restore(state.plic());
        clint.restore(state.clint());
    }
}
