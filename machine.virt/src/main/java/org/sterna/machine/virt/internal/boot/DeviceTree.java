package org.sterna.machine.virt.internal.boot;

import java.util.List;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.processor.ProcessorNode;
import org.sterna.machine.virt.internal.MemoryMap;
import org.sterna.machine.virt.internal.TestFinisher;
import org.sterna.machine.virt.internal.interrupt.Clint;
import org.sterna.machine.virt.internal.interrupt.HartInputs;
import org.sterna.machine.virt.internal.interrupt.Plic;
import org.sterna.machine.virt.internal.rtc.GoldfishRtc;

/**
 * The device tree of a board, in the bindings of the Linux kernel (Documentation/devicetree/bindings).
 *
 * @param board      what follows from the board's properties
 * @param harts      the harts as they announce themselves
 * @param memory     guest memory
 * @param devices    the devices and their PLIC sources
 * @param arguments  the kernel's arguments, or null
 * @param initrd     where the initial RAM disk is, or null
 * @param randomSeed what the kernel starts its random numbers from, or null
 */
record DeviceTree(BoardTree board, List<ProcessorNode> harts, GuestMemory memory, List<WiredDevice> devices,
        String arguments, Range initrd, byte[] randomSeed) {
    private static final int PLIC = 1;
    private static final int TEST = 2;
    /** The handle of the interrupt controller of hart 0; the others follow. */
    private static final int HART_INTERRUPTS = 3;

    /** The tree as a blob. */
    byte[] blob() {
        var blob = new DeviceTreeBlob();
        blob.begin("").cells("#address-cells", 2).cells("#size-cells", 2)
            .strings("compatible", board.compatible().toArray(String[]::new)).strings("model", board.model());
        chosen(blob);
        blob.begin("memory@" + Long.toHexString(memory.base())).strings("device_type", "memory")
            .longs("reg", memory.base(), memory.size()).end();
        processors(blob);
        blob.begin("soc").cells("#address-cells", 2).cells("#size-cells", 2).strings("compatible", "simple-bus")
            .cells("interrupt-parent", PLIC).flag("ranges");
        interruptControllers(blob);
        if (board.testFinisher()) {
            blob.begin("test@" + Long.toHexString(MemoryMap.TEST))
                .strings("compatible", "sifive,test1", "sifive,test0", "syscon")
                .longs("reg", MemoryMap.TEST, TestFinisher.SIZE).cells("phandle", TEST).end();
        }
        if (board.rtc()) {
            blob.begin("rtc@" + Long.toHexString(MemoryMap.RTC)).strings("compatible", "google,goldfish-rtc")
                .longs("reg", MemoryMap.RTC, GoldfishRtc.SIZE).cells("interrupts", MemoryMap.RTC_INTERRUPT).end();
        }
        devices.forEach(device -> device(blob, device));
        blob.end();
        if (board.testFinisher()) {
            switchOff(blob, "poweroff", TestFinisher.POWER_OFF);
            switchOff(blob, "reboot", TestFinisher.RESTART);
        }
        return blob.end().finish(0);
    }

    private void chosen(DeviceTreeBlob blob) {
        blob.begin("chosen");
        if (randomSeed != null) {
            blob.property("rng-seed", randomSeed);
        }
        devices.stream().filter(device -> device.placed().slot().base() == MemoryMap.UART)
            .forEach(console -> blob.strings("stdout-path", "/soc/" + console.name()));
        if (arguments != null) {
            blob.strings("bootargs", arguments);
        }
        if (initrd != null) {
            blob.longs("linux,initrd-start", initrd.start()).longs("linux,initrd-end", initrd.end());
        }
        blob.end();
    }

    private void processors(DeviceTreeBlob blob) {
        blob.begin("cpus").cells("#address-cells", 1).cells("#size-cells", 0)
            .cells("timebase-frequency", (int) board.timebase());
        for (int hart = 0; hart < harts.size(); hart++) {
            blob.begin("cpu@" + Integer.toHexString(hart)).strings("device_type", "cpu").cells("reg", hart)
                .strings("status", "okay");
            announce(blob, harts.get(hart));
            blob.begin("interrupt-controller").cells("#interrupt-cells", 1).cells("#address-cells", 0)
                .flag("interrupt-controller").strings("compatible", "riscv,cpu-intc")
                .cells("phandle", HART_INTERRUPTS + hart).end()
                .end();
        }
        blob.end();
    }

    private static void announce(DeviceTreeBlob blob, ProcessorNode hart) {
        blob.strings("compatible", hart.compatible().toArray(String[]::new));
        hart.strings().forEach((name, values) -> blob.strings(name, values.toArray(String[]::new)));
    }

    private void interruptControllers(DeviceTreeBlob blob) {
        blob.begin("plic@" + Long.toHexString(MemoryMap.PLIC))
            .strings("compatible", "sifive,plic-1.0.0", "riscv,plic0").longs("reg", MemoryMap.PLIC, Plic.SIZE)
            .cells("riscv,ndev", board.sources()).flag("interrupt-controller").cells("#interrupt-cells", 1)
            .cells("#address-cells", 0).cells("phandle", PLIC)
            .cells("interrupts-extended", wires(HartInputs.MACHINE_EXTERNAL, HartInputs.SUPERVISOR_EXTERNAL)).end();
        blob.begin("clint@" + Long.toHexString(MemoryMap.CLINT))
            .strings("compatible", "sifive,clint0", "riscv,clint0").longs("reg", MemoryMap.CLINT, Clint.SIZE)
            .cells("interrupts-extended", wires(HartInputs.MACHINE_SOFTWARE, HartInputs.MACHINE_TIMER)).end();
    }

    /** For each hart its interrupt controller and the first input, then the same and the second. */
    private int[] wires(int first, int second) {
        int[] wires = new int[4 * harts.size()];
        for (int hart = 0; hart < harts.size(); hart++) {
            wires[4 * hart] = HART_INTERRUPTS + hart;
            wires[4 * hart + 1] = first;
            wires[4 * hart + 2] = HART_INTERRUPTS + hart;
            wires[4 * hart + 3] = second;
        }
        return wires;
    }

    private static void device(DeviceTreeBlob blob, WiredDevice device) {
        var node = device.placed().node();
        blob.begin(device.name()).strings("compatible", node.compatible().toArray(String[]::new))
            .longs("reg", device.placed().slot().base(), device.placed().slot().size())
            .cells("interrupts", device.interrupt());
        node.cells().forEach((name, values) ->
            blob.cells(name, values.stream().mapToInt(Integer::intValue).toArray()));
        blob.end();
    }

    private static void switchOff(DeviceTreeBlob blob, String name, int value) {
        blob.begin(name).strings("compatible", "syscon-" + name).cells("regmap", TEST).cells("offset", 0)
            .cells("value", value).end();
    }
}
