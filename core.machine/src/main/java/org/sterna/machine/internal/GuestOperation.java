package org.sterna.machine.internal;

import java.time.Instant;
import org.sterna.machine.Operation;

/** An operation on the guest of one machine; what it does is decided by the machine's {@link GuestControl}. */
final class GuestOperation implements Operation {
    private final GuestControl control;
    private final Kind kind;
    private final String detail;
    private final Instant since = Instant.now();

    GuestOperation(GuestControl control, Kind kind, String detail) {
        this.control = control;
        this.kind = kind;
        this.detail = detail;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public String detail() {
        return detail;
    }

    @Override
    public Instant since() {
        return since;
    }

    @Override
    public void hold() {
        control.hold(this);
    }

    @Override
    public void release() {
        control.release(this);
    }

    @Override
    public void relinquish() {
        control.relinquish(this);
    }

    @Override
    public void reattach() {
        control.reattach(this);
    }

    @Override
    public void commit() {
        control.commit(this);
    }

    @Override
    public void confirm() {
        control.confirm(this);
    }

    @Override
    public void arrive(boolean running) {
        control.arrive(this, running);
    }

    @Override
    public void close() {
        control.end(this);
    }
}
