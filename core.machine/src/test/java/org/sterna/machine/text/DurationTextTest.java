package org.sterna.machine.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationTextTest {
    @ParameterizedTest
    @CsvSource({"PT0S, 0 s", "PT0.0004S, less than 1 ms", "PT0.001S, 1 ms", "PT0.3S, 300 ms", "PT1S, 1 s",
        "PT1.46S, 1.5 s", "PT9.99S, 10 s", "PT12.3S, 12 s", "PT59.6S, 1 minute", "PT90S, 1 minute 30 s",
        "PT5M, 5 minutes", "PT61M, 1 hour 1 minute", "PT3H, 3 hours",
        "PT2H59M59.9S, 3 hours", "PT26H, 1 day 2 hours", "P3652D, 3652 days"})
    void saysATimeInTheUnitsInWhichPeopleThinkOfIt(Duration time, String text) {
        assertEquals(text, DurationText.of(time));
    }
}
