package org.sterna.machine.virt.internal;

import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.board.Board;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.board.BoardFactory;
import org.sterna.machine.state.StateType;
import org.sterna.machine.virt.internal.boot.BootImages;

/** Contributes the board type {@code virt}: QEMU's RISC-V {@code virt} board, as far as the {@link MemoryMap} goes. */
@Component
public final class VirtBoardFactory implements BoardFactory {
    /** The firmware of the board itself. */
    static final String BUILTIN = "builtin";
    /** The guest's own firmware. */
    static final String IMAGE = "image";

    static final Property<String> FIRMWARE =
        Property.guest("firmware", new PropertyType.Choice(List.of(BUILTIN, IMAGE))).defaultValue(BUILTIN)
            .meaning("Who serves the SBI: the board itself, or an image in machine mode that 'bios' names.");
    static final Property<Long> TIMEBASE =
        Property.guest("timebase", new PropertyType.Number(1_000, 1_000_000_000)).defaultValue(10_000_000L)
            .meaning("The frequency of the guest's time counter in Hz.");
    static final Property<String> BIOS = file("bios").meaning("The firmware image to boot, flat or ELF.");
    static final Property<String> KERNEL = file("kernel").meaning("The kernel to boot: Linux Image, ELF or flat.");
    static final Property<String> INITRD = file("initrd").meaning("The kernel's initial RAM disk.");
    static final Property<String> APPEND =
        Property.host("append", new PropertyType.Text(4096)).meaning("The kernel's arguments.");

    private static final Model MODEL = new Model("virt", new AbiVersion(1, 0),
        List.of(FIRMWARE, TIMEBASE, KERNEL, INITRD, BIOS, APPEND), StateType.of("virt", VirtState.class));

    private static Property.Builder<String> file(String name) {
        return Property.host(name, new PropertyType.Text(4096));
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
        return new VirtBoard(context, builtin,
            new BootImages(bios, context.get(KERNEL), context.get(INITRD), context.get(APPEND)));
    }
}
