package org.sterna.machine.virt.internal.boot;

import java.util.List;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.machine.virt.internal.MemoryMap;
import org.sterna.machine.virt.internal.TestFinisher;
import org.sterna.machine.virt.internal.interrupt.Clint;
import org.sterna.machine.virt.internal.interrupt.HartInputs;
import org.sterna.machine.virt.internal.interrupt.Plic;

/**
 * The device tree of a board, in the bindings of the Linux kernel (Documentation/devicetree/bindings).
 *
 * @param harts      the number of harts
 * @param timebase   the frequency of the time counter in Hz
 * @param memory     guest memory
 * @param devices    the devices and their PLIC sources
 * @param arguments  the kernel's arguments, or null
 * @param initrd     where the initial RAM disk is, or null
 * @param randomSeed what the kernel starts its random numbers from
 */
record DeviceTree(int harts, long timebase, GuestMemory memory, List<WiredDevice> devices, String arguments,
        Range initrd, byte[] randomSeed) {
    private static final int PLIC = 1;
    private static final int TEST = 2;
    /** The handle of the interrupt controller of hart 0; the others follow. */
    private static final int HART_INTERRUPTS = 3;
    /** The instruction set of the machine types' processor. */
    private static final String BASE = "rv64i";
    private static final String[] EXTENSIONS = {"i", "m", "a", "c", "zicsr", "zifencei"};

    /** The tree as a blob. */
    byte[] blob() {
        var blob = new DeviceTreeBlob();
        blob.begin("").cells("#address-cells", 2).cells("#size-cells", 2).strings("compatible", "riscv-virtio")
            .strings("model", "sterna,virt");
        chosen(blob);
        blob.begin("memory@" + Long.toHexString(memory.base())).strings("device_type", "memory")
            .longs("reg", memory.base(), memory.size()).end();
        processors(blob);
        blob.begin("soc").cells("#address-cells", 2).cells("#size-cells", 2).strings("compatible", "simple-bus")
            .cells("interrupt-parent", PLIC).flag("ranges");
        interruptControllers(blob);
        blob.begin("test@" + Long.toHexString(MemoryMap.TEST))
            .strings("compatible", "sifive,test1", "sifive,test0", "syscon")
            .longs("reg", MemoryMap.TEST, TestFinisher.SIZE).cells("phandle", TEST).end();
        devices.forEach(device -> device(blob, device));
        blob.end();
        switchOff(blob, "poweroff", TestFinisher.POWER_OFF);
        switchOff(blob, "reboot", TestFinisher.RESTART);
        return blob.end().finish(0);
    }

    private void chosen(DeviceTreeBlob blob) {
        blob.begin("chosen").property("rng-seed", randomSeed);
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
            .cells("timebase-frequency", (int) timebase);
        for (int hart = 0; hart < harts; hart++) {
            blob.begin("cpu@" + Integer.toHexString(hart)).strings("device_type", "cpu").cells("reg", hart)
                .strings("status", "okay").strings("compatible", "riscv")
                .strings("riscv,isa", "rv64imac_zicsr_zifencei")
                .strings("riscv,isa-base", BASE).strings("riscv,isa-extensions", EXTENSIONS)
                .strings("mmu-type", "riscv,sv39")
                .begin("interrupt-controller").cells("#interrupt-cells", 1).cells("#address-cells", 0)
                .flag("interrupt-controller").strings("compatible", "riscv,cpu-intc")
                .cells("phandle", HART_INTERRUPTS + hart).end()
                .end();
        }
        blob.end();
    }

    private void interruptControllers(DeviceTreeBlob blob) {
        blob.begin("plic@" + Long.toHexString(MemoryMap.PLIC))
            .strings("compatible", "sifive,plic-1.0.0", "riscv,plic0").longs("reg", MemoryMap.PLIC, Plic.SIZE)
            .cells("riscv,ndev", Plic.SOURCES - 1).flag("interrupt-controller").cells("#interrupt-cells", 1)
            .cells("#address-cells", 0).cells("phandle", PLIC)
            .cells("interrupts-extended", wires(HartInputs.MACHINE_EXTERNAL, HartInputs.SUPERVISOR_EXTERNAL)).end();
        blob.begin("clint@" + Long.toHexString(MemoryMap.CLINT))
            .strings("compatible", "sifive,clint0", "riscv,clint0").longs("reg", MemoryMap.CLINT, Clint.SIZE)
            .cells("interrupts-extended", wires(HartInputs.MACHINE_SOFTWARE, HartInputs.MACHINE_TIMER)).end();
    }

    /** For each hart its interrupt controller and the first input, then the same and the second. */
    private int[] wires(int first, int second) {
        int[] wires = new int[4 * harts];
        for (int hart = 0; hart < harts; hart++) {
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
