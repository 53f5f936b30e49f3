package org.sterna.machine.virt.internal.sbi;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.sterna.machine.board.BoardContext;
import org.sterna.machine.processor.EnvironmentCalls;
import org.sterna.machine.processor.Processor;
import org.sterna.machine.virt.internal.interrupt.Comparator;
import org.sterna.machine.virt.internal.interrupt.HartInputs;
import org.sterna.machine.virt.internal.interrupt.TimeCounter;

/**
 * The built-in firmware: the RISC-V Supervisor Binary Interface 2.0 with the extension BASE and those of the
 * {@link StandardExtension}s that the machine is to have. All else is answered with {@code SBI_ERR_NOT_SUPPORTED}.
 */
public final class Sbi implements EnvironmentCalls {
    private final HartInputs inputs;
    private final List<Comparator> timers;
    private final HartStates harts;
    private final List<Extension> extensions = new ArrayList<>();

    /** Firmware after power-on. */
    public Sbi(Firmware firmware, BoardContext context, TimeCounter counter, HartInputs inputs) {
        this.inputs = inputs;
        this.timers = IntStream.range(0, context.processors())
            .mapToObj(hart -> new Comparator(counter, inputs, hart, HartInputs.SUPERVISOR_TIMER)).toList();
        this.harts = new HartStates(context.processors());
        extensions.add(new BaseExtension(firmware, this::available));
        firmware.extensions().stream().sorted().map(wanted -> switch (wanted) {
            case TIME -> new TimeExtension(timers);
            case IPI -> new IpiExtension(harts, inputs);
            case RFENCE -> new RemoteFenceExtension(harts, inputs, context);
            case HSM -> new HartStateExtension(harts, inputs, context);
            case SRST -> new SystemResetExtension(context);
            case DBCN -> new DebugConsoleExtension(context);
        }).forEach(extensions::add);
    }

    @Override
    public void call(Processor<?> caller) {
        var call = new Call(inputs.harts().indexOf(caller), caller);
        Answer answer = Answer.NOT_SUPPORTED;
        for (Extension extension : extensions) {
            if (extension.id() == call.extension() && extension.available()) {
                answer = extension.call(call);
            }
        }
        if (answer != Answer.NONE) {
            call.answer(answer);
        }
    }

    private boolean available(long id) {
        return extensions.stream().anyMatch(extension -> extension.id() == id && extension.available());
    }

    /** Brings it into the state after power-on, in which the first hart runs. */
    public void reset() {
        restore(new SbiState(Stream.generate(() -> TimeCounter.NEVER).limit(timers.size()).toList(),
            IntStream.range(0, timers.size()).mapToObj(hart -> hart == 0).toList()));
    }

    /** Its state. */
    public SbiState state() {
        return new SbiState(timers.stream().map(Comparator::value).toList(), harts.started());
    }

    /** Takes over a state, drives the timer inputs and arms the timers that are still to come. */
    public void restore(SbiState state) {
        if (state.timers().size() != timers.size()) {
            throw new IllegalArgumentException(
                "sbi: of " + state.timers().size() + " harts, the machine has " + timers.size());
        }
        for (int hart = 0; hart < timers.size(); hart++) {
            timers.get(hart).set(state.timers().get(hart));
        }
        harts.restore(state.started());
    }

    /** Drives the timer inputs as the state says. */
    public void drive() {
        timers.forEach(Comparator::drive);
    }
}
