package org.sterna.migration.internal.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.sterna.machine.MachineException;
import org.sterna.machine.Replacement;
import org.sterna.machine.state.StateException;
import org.sterna.machine.state.StateSchema;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Place;
import org.sterna.migration.internal.wire.TextForm;

/** The state of one part on its way, as it would cross between processes. */
public final class SectionCrossing implements Replacement.Crossing {
    private final Manifest manifest;
    private final Answer answer;
    private final StateSchema writer;
    private final String path;
    private byte[] digest;

    /**
     * A state that may cross.
     *
     * @param manifest of one section
     * @param answer   whose verdict allows it
     */
    public SectionCrossing(Manifest manifest, Answer answer) {
        Manifest.Section only = manifest.sections().getFirst();
        this.manifest = manifest;
        this.answer = answer;
        this.writer = only.schema();
        this.path = only.path();
    }

    @Override
    public SortedMap<Long, Object> cross(SortedMap<Long, Object> state) {
        var broken = Conditions.broken(Place.HERE, manifest, answer, Map.of(path, state));
        if (!broken.isEmpty()) {
            throw new MachineException(MachineException.Kind.FAILED, broken);
        }
        var sent = plan().sent(state);
        digest = SectionCodec.digest(TextForm.DEFINITE, writer, sent);
        try {
            return plan().restored(SectionCodec.copy(sent));
        } catch (StateException e) {
            throw new MachineException(MachineException.Kind.FAILED, List.of(plan().refusal(path, Answer.Plan.NOT_RESTORED, e)));
        }
    }

    @Override
    public void check(SortedMap<Long, Object> held) {
        if (!Arrays.equals(digest, SectionCodec.digest(TextForm.DEFINITE, writer, received(held)))) {
            throw MachineException.failed(path, "", "the new implementation holds something else after it was restored than the"
                + " old one did", "this is a defect of the bundle of either");
        }
    }

    private SortedMap<Long, Object> received(SortedMap<Long, Object> held) {
        try {
            return plan().received(held);
        } catch (StateException e) {
            throw new MachineException(MachineException.Kind.FAILED, List.of(plan().refusal(path, Answer.Plan.NOT_BACK, e)));
        }
    }

    private Answer.Plan plan() {
        return answer.plans().get(path);
    }
}
