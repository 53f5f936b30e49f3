package ${package};

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.sterna.testkit.probe.AbiBaseline;
import org.sterna.testkit.probe.AbiBaselines;
import org.sterna.testkit.probe.AbiProbe;
import org.sterna.testkit.probe.PropertyCheck;

/** A guest sees what was frozen, and nothing but what the properties say. */
class ${className}AbiTest {
    @RegisterExtension
    static final AbiBaselines BASELINES = AbiBaselines.of(new ${className}Factory(), Path.of("src/test/abi")).versions("1.0")
        .probe(${className}AbiTest::situations);

    /** What only a driver of this device gets to see. */
    static AbiProbe situations(AbiProbe probe) {
        return probe.after("at-limit", guest -> guest.write(${className}Device.LEVEL, 4, 1000));
    }

    @TestTemplate
    void aGuestSeesWhatWasFrozen(AbiBaseline baseline) {
        baseline.verify();
    }

    @Test
    void propertiesShowWhatTheyDeclare() {
        PropertyCheck.of(situations(AbiProbe.of(new ${className}Factory()))).values("limit", "100", "1", "1000").verify();
    }
}
