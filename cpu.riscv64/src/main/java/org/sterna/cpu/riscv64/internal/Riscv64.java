package org.sterna.cpu.riscv64.internal;

import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.sterna.machine.abi.Model;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.processor.ProcessorContext;
import org.sterna.machine.processor.ProcessorFactory;
import org.sterna.machine.state.StateType;

/** The processor type {@code riscv64}. */
@Component
public final class Riscv64 implements ProcessorFactory {
    static final StateType<HartState> STATE = StateType.of("riscv64", HartState.class);
    /** The instruction set, in the form that a device tree has for it. */
    static final Property<String> ISA = Property
        .guest("isa", new PropertyType.Choice(List.of("rv64imac_zicsr_zifencei")))
        .defaultValue("rv64imac_zicsr_zifencei")
        .meaning("the instruction set, as the device tree names it");

    private static final Model MODEL = new Model("riscv64", Property.FIRST, List.of(ISA), STATE);

    @Override
    public Model model() {
        return MODEL;
    }

    @Override
    public Processor<?> create(ProcessorContext context) {
        return new Hart(HartContext.of(context));
    }
}
