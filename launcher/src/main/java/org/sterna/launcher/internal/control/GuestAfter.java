package org.sterna.launcher.internal.control;

import com.fasterxml.jackson.databind.JsonNode;

/** What has become of the guest after a migration or snapshot, as the machine's own process says. */
public enum GuestAfter {
    /** It runs where it was. */
    RUNS("the guest runs on where it was"),
    /** It is paused where it was. */
    PAUSED("the guest stays where it was, paused"),
    /** Its process ends, and it with that. */
    ENDS("its process was told to end, and the guest ends with it"),
    /** It has ended. */
    ENDED("the guest has ended"),
    /** It was handed over, so that the reasons of the failure say what is known; or its process does not say. */
    UNKNOWN("");

    private final String words;

    GuestAfter(String words) {
        this.words = words;
    }

    /**
     * What the last event of a migration says.
     *
     * @param data of the event
     * @param ends whether the process has said before that it ends
     */
    static GuestAfter of(JsonNode data, boolean ends) {
        return switch (data.path("x-sterna-ownership").asText()) {
            case "unconfirmed", "departed", "" -> UNKNOWN;
            default -> ends ? ENDS : switch (data.path("x-sterna-phase").asText()) {
                case "running" -> RUNS;
                case "paused" -> PAUSED;
                default -> ENDED;
            };
        };
    }

    /** One phrase for people; empty if there is nothing to add. */
    public String words() {
        return words;
    }
}
