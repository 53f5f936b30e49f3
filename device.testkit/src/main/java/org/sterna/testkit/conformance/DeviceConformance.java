package org.sterna.testkit.conformance;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * The checks of {@link Conformance} as JUnit 5 tests: the author of a device extends this class and says what its device is.
 *
 * {@snippet :
 * class GaugeConformanceTest extends DeviceConformance {
 *     @Override
 *     protected Conformance conformance() {
 *         return Conformance.of(new GaugeFactory(), GaugeConformanceTest::script);
 *     }
 * }
 * }
 */
public abstract class DeviceConformance {
    /** For a class that extends it. */
    protected DeviceConformance() {
    }

    /** The device and how it is used; asked for before each test. */
    protected abstract Conformance conformance();

    @Test
    void theGuestDoesNotNoticeThatItsDeviceIsSavedAndRestored() {
        conformance().stateRoundTrip();
    }

    @Test
    void theGuestGoesFromEveryReleaseToThisOneAndBack() throws IOException {
        conformance().versionSkew();
    }

    @Test
    void noGuestBreaksTheDevice() {
        conformance().hostileGuest();
    }

    @Test
    void theDeviceIsReplacedAgainAndAgain() throws IOException {
        conformance().swapSoak();
    }

    @Test
    void whatRunsInTheBackgroundEndsWhenItIsToldTo() {
        conformance().backgroundReaders();
    }

    @Test
    void nothingHoldsABundleThatIsGone() throws IOException, InterruptedException {
        conformance().leak();
    }
}
