package org.sterna.testkit.probe;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The example of docs/plugin-author.md, section 6; a test there compares the two. */
class ToyAbiTest {
    @RegisterExtension
    static final AbiBaselines BASELINES = AbiBaselines.of(new Toy(), Path.of("src/test/abi"))
        .versions("1.0", "1.1")
        .probe(ToyAbiTest::situations);

    /** What only the toy's own driver gets to see. */
    static AbiProbe situations(AbiProbe probe) {
        return probe
            .after("scratched", guest -> guest.write(Toy.SCRATCH, 1, 0x0f))
            .observing("counted", guest -> {
                guest.read(Toy.COUNTER, 1);
                guest.observe("second read", guest.read(Toy.COUNTER, 1));
            });
    }

    @TestTemplate
    void aGuestSeesWhatWasFrozen(AbiBaseline baseline) {
        baseline.verify();
    }

    @Test
    void propertiesShowWhatTheyDeclare() {
        PropertyCheck.of(situations(AbiProbe.of(new Toy())))
            .values("level", "3", "0", "7")
            .elsewhere(Map.of("place", "there"))
            .verify();
    }
}
