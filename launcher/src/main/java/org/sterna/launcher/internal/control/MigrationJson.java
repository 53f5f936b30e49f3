package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.stream.Collectors;
import org.sterna.launcher.internal.Json;
import org.sterna.launcher.internal.VerdictJson;
import org.sterna.machine.Reason;
import org.sterna.machine.memory.GuestMemory;
import org.sterna.migration.MigrationStatus;

/** The answer to QMP's {@code query-migrate}, with QMP's words where it has any. */
final class MigrationJson {
    private MigrationJson() {
    }

    /** What QMP calls a phase. */
    static String word(MigrationStatus.Phase phase) {
        return switch (phase) {
            case SETUP, NEGOTIATION -> "setup";
            case PRECOPY -> "active";
            case SWITCHOVER -> "device";
            case COMPLETED -> "completed";
            case FAILED -> "failed";
            case CANCELLED -> "cancelled";
        };
    }

    static ObjectNode write(MigrationStatus status) {
        ObjectNode json = Json.object().put("status", word(status.phase()))
            .put("total-time", millis(status.elapsed()));
        if (status.expectedDowntime() < Long.MAX_VALUE) {
            json.put("expected-downtime", millis(status.expectedDowntime()));
        }
        if (status.phase() == MigrationStatus.Phase.COMPLETED) {
            json.put("downtime", millis(status.downtime()));
        }
        json.set("ram", Json.object().put("transferred", status.transferred()).put("remaining", status.remaining())
            .put("total", status.bulkBytes()).put("duplicate", status.zeroPages())
            .put("dirty-sync-count", status.round()).put("dirty-pages-rate", status.dirtyRate() / GuestMemory.PAGE_SIZE)
            .put("page-size", GuestMemory.PAGE_SIZE).put("mbps", status.bandwidth() * 8 / 1e6));
        if (status.verdict() != null) {
            json.set("x-sterna-verdict", VerdictJson.write(status.verdict()));
        }
        if (!status.reasons().isEmpty()) {
            json.put("error-desc", status.reasons().stream().map(Reason::toString).collect(Collectors.joining("; ")));
            json.set("x-sterna-reasons", Json.array(status.reasons(), Json::of));
        }
        return json;
    }

    private static long millis(long nanoseconds) {
        return Duration.ofNanos(nanoseconds).toMillis();
    }
}
