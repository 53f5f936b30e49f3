package org.sterna.machine.virt.internal.interrupt;

import java.util.List;
import org.sterna.machine.processor.Processor;

/** The interrupt inputs of the harts, by the numbers of their bits in {@code mip} (privileged architecture, 3.1.9). */
public final class HartInputs {
    /** Supervisor software interrupt. */
    public static final int SUPERVISOR_SOFTWARE = 1;
    /** Machine software interrupt. */
    public static final int MACHINE_SOFTWARE = 3;
    /** Supervisor timer interrupt. */
    public static final int SUPERVISOR_TIMER = 5;
    /** Machine timer interrupt. */
    public static final int MACHINE_TIMER = 7;
    /** Supervisor external interrupt. */
    public static final int SUPERVISOR_EXTERNAL = 9;
    /** Machine external interrupt. */
    public static final int MACHINE_EXTERNAL = 11;

    private volatile List<Processor<?>> harts = List.of();

    /** Wires the harts; what was driven before is lost, so every source drives anew afterwards. */
    public void connect(List<Processor<?>> processors) {
        harts = List.copyOf(processors);
    }

    /** The harts. */
    public List<Processor<?>> harts() {
        return harts;
    }

    /** Drives one input of one hart. Any thread. */
    public void set(int hart, int input, boolean high) {
        List<Processor<?>> wired = harts;
        if (hart < wired.size()) {
            wired.get(hart).interrupt(input, high);
        }
    }
}
