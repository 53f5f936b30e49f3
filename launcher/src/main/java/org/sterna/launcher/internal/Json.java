package org.sterna.launcher.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.sterna.machine.Reason;

/** JSON documents of the command line and the control socket. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();

    private Json() {
    }

    /** A new, empty object. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** An array of what each item becomes. */
    public static <T> ArrayNode array(Collection<T> items, Function<T, JsonNode> form) {
        ArrayNode array = MAPPER.createArrayNode();
        items.forEach(item -> array.add(form.apply(item)));
        return array;
    }

    /** An array of texts. */
    public static ArrayNode texts(Collection<String> items) {
        ArrayNode array = MAPPER.createArrayNode();
        items.forEach(array::add);
        return array;
    }

    /** The items of an array; none if there is no array. */
    public static <T> List<T> list(JsonNode array, Function<JsonNode, T> form) {
        return array.valueStream().map(form).toList();
    }

    /** A reason. */
    public static ObjectNode of(Reason reason) {
        return object().put("subject", reason.subject()).put("item", reason.item()).put("cause", reason.cause())
            .put("remedy", reason.remedy());
    }

    /** The reason that {@link #of(Reason)} has written. */
    public static Reason reason(JsonNode json) {
        return new Reason(json.path("subject").asText(), json.path("item").asText(), json.path("cause").asText(),
            json.path("remedy").asText());
    }

    /** Reads one document, and nothing after it. */
    public static JsonNode read(byte[] text) throws IOException {
        return MAPPER.readTree(text);
    }

    /** One line. */
    public static String write(JsonNode json) {
        try {
            return MAPPER.writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
