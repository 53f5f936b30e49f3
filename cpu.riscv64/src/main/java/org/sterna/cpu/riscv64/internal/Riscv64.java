package org.sterna.cpu.riscv64.internal;

import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorContext;
import org.sterna.machine.processor.ProcessorFactory;
import org.sterna.machine.processor.ProcessorModel;
import org.sterna.machine.state.StateType;

/** The processor type {@code riscv64}. */
@Component
@ProcessorModel(type = "riscv64", abi = "1.1", state = 1)
public final class Riscv64 implements ProcessorFactory {
    static final StateType<HartState> STATE = StateType.of("riscv64", HartState.class);
    /** The instruction set, in the form that a device tree has for it. */
    static final Property<String> ISA = Property
        .guest("isa", new PropertyType.Choice(List.of("rv64imac_zicsr_zifencei")))
        .defaultValue("rv64imac_zicsr_zifencei")
        .meaning("The instruction set, before the properties of single extensions take from it or add to it.");
    static final Property<Boolean> M = extension("m", "multiplication and division");
    static final Property<Boolean> A = extension("a", "atomic instructions");
    static final Property<Boolean> C = extension("c", "instructions of 16 bits");
    static final Property<Boolean> ZIFENCEI = extension("zifencei", "FENCE.I");
    static final Property<String> ZICNTR = since11("zicntr", new PropertyType.Choice(List.of("off", "silent", "on")),
        "silent").defaultValue("on")
        .meaning("Whether there are cycle, time and instret; silent: there, but the device tree does not say so.");
    static final Property<String> MMU = since11("mmu", new PropertyType.Choice(List.of("none", "sv39")), "sv39")
        .defaultValue("sv39").meaning("How addresses are translated.");
    static final Property<String> PMP_ENTRIES = since11("pmp-entries", new PropertyType.Choice(List.of("0", "16", "64")),
        "16").defaultValue("16").meaning("How many entries physical memory protection has.");
    static final Property<Long> MVENDORID = identity("mvendorid", 0xffff_ffffL, "vendor");
    static final Property<Long> MARCHID = identity("marchid", PropertyType.MAX_NUMBER, "architecture");
    static final Property<Long> MIMPID = identity("mimpid", PropertyType.MAX_NUMBER, "implementation");

    private static final Model MODEL = new Model("riscv64", AbiVersion.parse("1.1"),
        List.of(ISA, M, A, C, ZIFENCEI, ZICNTR, MMU, PMP_ENTRIES, MVENDORID, MARCHID, MIMPID), STATE);

    private static <T> Property.Builder<T> since11(String name, PropertyType<T> type, T before) {
        return Property.guest(name, type).since("1.1").before(before);
    }

    private static Property<Boolean> extension(String name, String what) {
        return since11(name, new PropertyType.Flag(), true).defaultValue(true).meaning("Whether it has " + what + ".");
    }

    private static Property<Long> identity(String name, long max, String what) {
        return since11(name, new PropertyType.Number(0, max), 0L).defaultValue(0L)
            .meaning("The number of the processor's " + what + ", as the register of that name has it.");
    }

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public Processor<?> create(ProcessorContext context) {
        return new Hart(HartContext.of(context, model(context::get)));
    }

    /** The hart that properties describe. */
    static HartModel model(Values values) {
        return new HartModel(
            new HartModel.Extensions(values.get(M), values.get(A), values.get(C), values.get(ZIFENCEI)),
            switch (values.get(ZICNTR)) {
                case "off" -> HartModel.Counters.ABSENT;
                case "silent" -> HartModel.Counters.SILENT;
                default -> HartModel.Counters.ANNOUNCED;
            }, values.get(MMU).equals("sv39"), Integer.parseInt(values.get(PMP_ENTRIES)),
            new HartModel.Identity(values.get(MVENDORID), values.get(MARCHID), values.get(MIMPID)));
    }

    /** Gives each property its value. */
    interface Values {
        <T> T get(Property<T> property);
    }
}
