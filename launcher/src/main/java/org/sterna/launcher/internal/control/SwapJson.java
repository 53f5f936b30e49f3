package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.migration.Swap;

/** The answer to {@code x-sterna-swap}. */
final class SwapJson {
    private SwapJson() {
    }

    static ObjectNode write(Swap swap) {
        ObjectNode json = Json.object().put("done", swap.done()).put("pause-ns", swap.pause());
        json.set("verdict", VerdictJson.write(swap.verdict()));
        json.set("reasons", Json.array(swap.reasons(), Json::of));
        return json;
    }
}
