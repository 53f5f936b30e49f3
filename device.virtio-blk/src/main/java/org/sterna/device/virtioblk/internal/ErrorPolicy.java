package org.sterna.device.virtioblk.internal;

import java.util.List;
import org.sterna.machine.IoError;
import org.sterna.machine.IoError.Action;
import org.sterna.machine.IoError.Operation;
import org.sterna.machine.Reason;
import org.sterna.machine.abi.Property;
import org.sterna.machine.abi.PropertyType.Choice;
import org.sterna.machine.device.DeviceContext;

/** What becomes of a request that the host cannot carry out, as the properties {@code werror} and {@code rerror} say. */
final class ErrorPolicy {
    private static final String REPORT = "report";
    private static final String ENOSPC = "enospc";
    private static final String STOP = "stop";
    private static final String IGNORE = "ignore";

    static final Property<String> WERROR = Property.host("werror", new Choice(List.of(ENOSPC, STOP, REPORT, IGNORE)))
        .defaultValue(ENOSPC).meaning("When a write fails: stop pauses the machine, and tries again when it goes on; report tells the "
            + "guest; ignore does not; enospc stops if the host's disk is full, and reports else.");
    static final Property<String> RERROR = Property.host("rerror", new Choice(List.of(REPORT, STOP, IGNORE)))
        .defaultValue(REPORT).meaning("The same when a read fails; a guest that is not told reads zeroes.");

    private final DeviceContext context;
    private final String drive;

    ErrorPolicy(DeviceContext context, String drive) {
        this.context = context;
        this.drive = drive;
    }

    /** What is to be done about a failure. */
    Action action(Operation operation, Exception failure) {
        return switch (context.get(operation == Operation.READ ? RERROR : WERROR)) {
            case IGNORE -> Action.IGNORE;
            case STOP -> stop(failure);
            case ENOSPC -> FullDisk.is(failure) ? Action.STOP : Action.REPORT;
            default -> Action.REPORT;
        };
    }

    /** What is to be done if the request cannot be kept. */
    Action actionWithoutKeeping(Operation operation) {
        return context.get(operation == Operation.READ ? RERROR : WERROR).equals(IGNORE) ? Action.IGNORE : Action.REPORT;
    }

    /** What was lost is not brought back by another try, so the guest has to know. */
    private static Action stop(Exception failure) {
        return failure instanceof FailedFlushException ? Action.REPORT : Action.STOP;
    }

    /** Tells the operator. */
    void tell(Operation operation, Exception failure, Action action) {
        boolean full = FullDisk.is(failure);
        String cause = drive + (operation == Operation.READ ? " cannot be read: " : " cannot be written: ")
            + Reason.causeOf(failure);
        String repair = full ? "make room on the host's disk" : "look at the host's disk";
        String remedy = action == Action.STOP ? repair + ", then let the machine go on, which tries it again" : repair;
        context.ioFailed(new IoError(new Reason(context.path(), BlockProperties.DRIVE.name(), cause, remedy), operation, action, full));
    }
}
