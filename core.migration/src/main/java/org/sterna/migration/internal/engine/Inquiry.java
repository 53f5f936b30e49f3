package org.sterna.migration.internal.engine;

import java.util.Map;
import java.util.SortedMap;
import org.sterna.machine.Machine;
import org.sterna.machine.Part;
import org.sterna.migration.internal.negotiation.AcceptedLosses;
import org.sterna.migration.internal.negotiation.Answer;
import org.sterna.migration.internal.negotiation.Manifest;
import org.sterna.migration.internal.negotiation.Place;
import org.sterna.migration.internal.transport.Connection;
import org.sterna.migration.internal.wire.Answers;
import org.sterna.migration.internal.wire.Capabilities;
import org.sterna.migration.internal.wire.Failure;
import org.sterna.migration.internal.wire.FrameType;
import org.sterna.migration.internal.wire.Manifests;
import org.sterna.migration.internal.wire.Messages;
import org.sterna.migration.internal.wire.Preamble;
import org.sterna.migration.internal.wire.VerdictRules;

/**
 * The question whether a peer could take a machine over, and its answer.
 *
 * @param connection where it was asked
 * @param common     the capabilities that both sides have
 * @param manifest   what was asked
 * @param answer     what was answered
 */
public record Inquiry(Connection connection, Capabilities common, Manifest manifest, Answer answer) {
    /**
     * Begins the conversation and asks about a machine.
     *
     * @param manifest what the machine declares
     * @param offered  the capabilities of this side
     */
    public static Inquiry open(Connection connection, Machine machine, Manifest manifest, Capabilities offered) throws Failure {
        Inquiry asked = open(connection, manifest, offered);
        return new Inquiry(connection, asked.common, asked.manifest,
            new Answer(Advice.of(machine).complete(asked.answer.verdict()), asked.answer.plans()));
    }

    /** Begins the conversation and only asks. */
    public static Inquiry open(Connection connection, Manifest manifest) throws Failure {
        return open(connection, manifest, Capabilities.OURS);
    }

    private static Inquiry open(Connection connection, Manifest manifest, Capabilities offered) throws Failure {
        var common = Handshake.perform(connection, Preamble.socket(Preamble.Role.SOURCE), offered).common();
        connection.send(FrameType.MANIFEST, Manifests.encode(manifest));
        Answer answer = Answers.decode(connection.receive(FrameType.VERDICT));
        VerdictRules.check(connection.peer(), manifest, answer);
        return new Inquiry(connection, common, manifest, AcceptedLosses.name(manifest, answer));
    }

    /** The plan for a part. */
    Answer.Plan plan(Part part) {
        return answer.plans().get(part.path());
    }

    /** Ends the conversation. */
    public void leave() throws Failure {
        connection.send(FrameType.BYE, Messages.EMPTY);
        connection.close();
    }

    /** Checks that, the guest standing still, all that is to be dropped has its default or is accepted as lost. */
    void checkConditions(Map<String, SortedMap<Long, Object>> states) throws Failure {
        var broken = Conditions.broken(Place.DESTINATION, manifest, answer, states);
        if (!broken.isEmpty()) {
            throw new Failure(Failure.Origin.HERE, broken);
        }
    }
}
