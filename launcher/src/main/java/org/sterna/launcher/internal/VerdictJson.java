package org.sterna.launcher.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.sterna.migration.Verdict;
import org.sterna.migration.Verdict.Condition;
import org.sterna.migration.Verdict.Dropped;
import org.sterna.migration.Verdict.Loss;
import org.sterna.migration.Verdict.Outcome;
import org.sterna.migration.Verdict.Provision;
import org.sterna.migration.Verdict.Section;

/** The JSON form of a verdict, on control sockets and on standard output. */
public final class VerdictJson {
    private VerdictJson() {
    }

    /** Writes a verdict. */
    public static ObjectNode write(Verdict verdict) {
        ObjectNode json = Json.object().put("verdict", verdict.outcome().word());
        json.set("sections", Json.array(verdict.sections(), VerdictJson::write));
        json.set("reasons", Json.array(verdict.reasons(), Json::of));
        json.set("conditions", Json.array(verdict.conditions(),
            condition -> Json.object().put("path", condition.path()).put("field", condition.field())));
        if (!verdict.provisions().isEmpty()) {
            json.set("provisions", Json.array(verdict.provisions(), provision -> Json.object().put("path", provision.path())
                .put("bundle", provision.bundle()).put("version", provision.version()).put("installed", provision.installed())));
        }
        if (!verdict.losses().isEmpty()) {
            json.set("losses", Json.array(verdict.losses(),
                loss -> Json.object().put("path", loss.path()).put("field", loss.field())));
        }
        if (!verdict.remarks().isEmpty()) {
            json.set("remarks", Json.array(verdict.remarks(), Json::of));
        }
        return json;
    }

    private static JsonNode write(Section section) {
        ObjectNode json = Json.object().put("path", section.path()).put("type", section.type())
            .put("outcome", section.outcome().word());
        json.set("writer", side(section.writerBundle(), section.writerVersion()));
        json.set("reader", side(section.readerBundle(), section.readerVersion()));
        json.set("dropped", Json.array(section.dropped(),
            dropped -> Json.object().put("field", dropped.field()).put("why", dropped.why())));
        json.set("defaulted", Json.texts(section.defaulted()));
        if (!section.translator().isEmpty()) {
            json.put("translator", section.translator());
        }
        return json;
    }

    private static ObjectNode side(String bundle, int state) {
        return Json.object().put("bundle", bundle).put("state", state);
    }

    /**
     * Reads what {@link #write(Verdict)} has written.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    public static Verdict read(JsonNode json) {
        return new Verdict(outcome(json.path("verdict").asText()),
            Json.list(json.path("sections"), VerdictJson::section),
            Json.list(json.path("reasons"), Json::reason),
            Json.list(json.path("conditions"),
                condition -> new Condition(condition.path("path").asText(), condition.path("field").asText())),
            Json.list(json.path("provisions"), provision -> new Provision(provision.path("path").asText(),
                provision.path("bundle").asText(), provision.path("version").asText(), provision.path("installed").asBoolean())),
            Json.list(json.path("losses"), loss -> new Loss(loss.path("path").asText(), loss.path("field").asText())),
            Json.list(json.path("remarks"), Json::reason));
    }

    private static Section section(JsonNode json) {
        JsonNode writer = json.path("writer");
        JsonNode reader = json.path("reader");
        return new Section(json.path("path").asText(), json.path("type").asText(), writer.path("state").asInt(),
            reader.path("state").asInt(), writer.path("bundle").asText(), reader.path("bundle").asText(),
            outcome(json.path("outcome").asText()),
            Json.list(json.path("dropped"),
                dropped -> new Dropped(dropped.path("field").asText(), dropped.path("why").asText())),
            Json.list(json.path("defaulted"), JsonNode::asText), json.path("translator").asText());
    }

    private static Outcome outcome(String word) {
        for (Outcome outcome : Outcome.values()) {
            if (outcome.word().equals(word)) {
                return outcome;
            }
        }
        throw new IllegalArgumentException("not a verdict: '" + word + "'");
    }
}
