package org.sterna.machine.virt.internal;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Component;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.board.BoardModel;
import org.sterna.machine.state.StateType;
import org.sterna.machine.virt.internal.boot.BoardTree;
import org.sterna.machine.virt.internal.boot.BootImages;
import org.sterna.machine.virt.internal.sbi.Firmware;
import org.sterna.machine.virt.internal.sbi.StandardExtension;

/** Contributes the board type {@code virt}: QEMU's RISC-V {@code virt} board, as far as the {@link MemoryMap} goes. */
@Component
@BoardModel(type = "virt", abi = "1.2", state = 2)
public final class VirtBoardFactory implements BoardFactory {
    /** The firmware of the board itself. */
    static final String BUILTIN = "builtin";
    /** The guest's own firmware. */
    static final String IMAGE = "image";

    private static final PropertyType<Long> WORD = new PropertyType.Number(0, 0xffff_ffffL);

    static final Property<String> FIRMWARE =
        Property.guest("firmware", new PropertyType.Choice(List.of(BUILTIN, IMAGE))).defaultValue(BUILTIN)
            .meaning("Who serves the SBI: the board itself, or an image in machine mode that 'bios' names.");
    static final Property<Long> TIMEBASE =
        Property.guest("timebase", new PropertyType.Number(1_000, 1_000_000_000)).defaultValue(10_000_000L)
            .meaning("The frequency of the guest's time counter in Hz.");
    static final Property<Long> VIRTIO_SLOTS = number("virtio-slots", 0, SlotKind.VIRTIO_MMIO.count(), 8)
        .meaning("How many places for virtio devices there are.");
    static final Property<Long> PLIC_SOURCES = number("plic-sources", 72, 1023, 95)
        .meaning("How many interrupt sources the interrupt controller has.");
    static final Property<Long> PLIC_PRIORITY_BITS = number("plic-priority-bits", 1, 5, 3)
        .meaning("How many bits a priority of the interrupt controller has.");
    static final Property<Boolean> TEST_FINISHER = flag("test-finisher", true)
        .meaning("Whether there is the register that switches the machine off and restarts it.");
    static final Property<Boolean> RTC = flag("rtc", false)
        .meaning("Whether there is a real-time clock (goldfish), which shows the host's wall clock.");
    static final Property<String> DT_MODEL = text("dt-model", "sterna,virt")
        .meaning("What the device tree calls the model of the machine.");
    static final Property<String> DT_COMPATIBLE = text("dt-compatible", "riscv-virtio")
        .meaning("What the device tree says the machine is compatible with, separated by spaces.");
    static final Property<Boolean> RNG_SEED = flag("rng-seed", true)
        .meaning("Whether the device tree holds a seed for the kernel's random numbers, another at each boot.");
    static final Property<String> SBI_VERSION =
        firmware("sbi-version", new PropertyType.Choice(List.of("1.0", "2.0")), "2.0")
            .meaning("The version of the SBI that the firmware says it implements.");
    static final Property<Long> SBI_IMPLEMENTATION = firmware("sbi-implementation", WORD, Firmware.STERNA)
        .meaning("The number by which the firmware says which one it is.");
    static final Property<Long> SBI_IMPLEMENTATION_VERSION = firmware("sbi-implementation-version", WORD, 1L << 16)
        .meaning("The version of itself that the firmware says it is.");
    static final Property<Boolean> SBI_TIME = extension("sbi-time", "the timer (TIME)");
    static final Property<Boolean> SBI_IPI = extension("sbi-ipi", "interrupts between harts (IPI)");
    static final Property<Boolean> SBI_RFENCE = extension("sbi-rfence", "fences on other harts (RFENCE)");
    static final Property<Boolean> SBI_HSM = extension("sbi-hsm", "starting and stopping harts (HSM)");
    static final Property<Boolean> SBI_SRST = extension("sbi-srst", "switching off and restarting (SRST)");
    static final Property<Boolean> SBI_DBCN = extension("sbi-dbcn", "the debug console (DBCN)");
    static final Property<String> BIOS = file("bios").meaning("The firmware image to boot, flat or ELF.");
    static final Property<String> KERNEL = file("kernel").meaning("The kernel to boot: Linux Image, ELF or flat.");
    static final Property<String> INITRD = file("initrd").meaning("The kernel's initial RAM disk.");
    static final Property<String> APPEND =
        Property.host("append", new PropertyType.Text(4096)).meaning("The kernel's arguments.");

    private static final Model MODEL = new Model("virt", new AbiVersion(1, 2),
        List.of(FIRMWARE, TIMEBASE, VIRTIO_SLOTS, PLIC_SOURCES, PLIC_PRIORITY_BITS, TEST_FINISHER, RTC, DT_MODEL,
            DT_COMPATIBLE, RNG_SEED, SBI_VERSION, SBI_IMPLEMENTATION, SBI_IMPLEMENTATION_VERSION, SBI_TIME, SBI_IPI,
            SBI_RFENCE, SBI_HSM, SBI_SRST, SBI_DBCN, KERNEL, INITRD, BIOS, APPEND), StateType.of("virt", VirtState.class));

    private static <T> Property.Builder<T> since11(String name, PropertyType<T> type, T before) {
        return Property.guest(name, type).since("1.1").before(before);
    }

    private static Property.Builder<Long> number(String name, long min, long max, long before) {
        return since11(name, new PropertyType.Number(min, max), before).defaultValue(before);
    }

    /** What is on by default, and was there before it had a property or was not. */
    private static Property.Builder<Boolean> flag(String name, boolean before) {
        return since11(name, new PropertyType.Flag(), before).defaultValue(true);
    }

    private static Property.Builder<String> text(String name, String before) {
        return since11(name, new PropertyType.Text(255), before).defaultValue(before);
    }

    private static <T> Property.Builder<T> firmware(String name, PropertyType<T> type, T before) {
        return since11(name, type, before).defaultValue(before).when(FIRMWARE, BUILTIN);
    }

    private static Property<Boolean> extension(String name, String what) {
        return firmware(name, new PropertyType.Flag(), true)
            .meaning("Whether the firmware offers " + what + ".");
    }

    private static Property.Builder<String> file(String name) {
        return Property.host(name, new PropertyType.HostPath(4096));
    }

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public long memoryBase() {
        return MemoryMap.MEMORY;
    }

    @Override
    public Board<?> create(BoardContext context) {
        boolean builtin = context.get(FIRMWARE).equals(BUILTIN);
        String bios = context.get(BIOS);
        if (builtin && bios != null) {
            throw MachineException.usage(context.path(), "bios", "the board's firmware is built in, so '" + bios
                + "' would never run", "say firmware=image too, or leave bios out");
        }
        checkInterrupts(context);
        return new VirtBoard(context, tree(context), builtin ? firmware(context) : null,
            new BootImages(bios, context.get(KERNEL), context.get(INITRD), context.get(APPEND)));
    }

    /** The interrupt controller may have been told to have fewer sources than the last place for a virtio device needs. */
    private static void checkInterrupts(BoardContext context) {
        int slots = context.get(VIRTIO_SLOTS).intValue();
        long sources = context.get(PLIC_SOURCES);
        if (slots > 0 && SlotKind.VIRTIO_MMIO.interrupt(slots - 1) > sources) {
            int needed = SlotKind.VIRTIO_MMIO.interrupt(slots - 1);
            throw MachineException.usage(context.path(), "virtio-slots", slots + " places need " + needed
                + " interrupt sources, and plic-sources is " + sources, "say plic-sources=" + needed + " too");
        }
    }

    private static BoardTree tree(BoardContext context) {
        return new BoardTree(context.get(DT_MODEL), List.of(context.get(DT_COMPATIBLE).strip().split("\\s+")),
            context.get(TIMEBASE), context.get(PLIC_SOURCES).intValue(), context.get(RNG_SEED),
            context.get(TEST_FINISHER), context.get(RTC));
    }

    private static Firmware firmware(BoardContext context) {
        var extensions = Arrays.stream(StandardExtension.values()).filter(extension -> context.get(switch (extension) {
            case TIME -> SBI_TIME;
            case IPI -> SBI_IPI;
            case RFENCE -> SBI_RFENCE;
            case HSM -> SBI_HSM;
            case SRST -> SBI_SRST;
            case DBCN -> SBI_DBCN;
        })).collect(Collectors.toSet());
        return new Firmware(AbiVersion.parse(context.get(SBI_VERSION)).major(), context.get(SBI_IMPLEMENTATION),
            context.get(SBI_IMPLEMENTATION_VERSION), extensions);
    }
}
