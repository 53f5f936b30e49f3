package com.example.console;

import java.nio.file.Path;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.sterna.testkit.probe.AbiBaseline;
import org.sterna.testkit.probe.AbiBaselines;

/** A guest sees what was frozen. */
class ConsoleAbiTest {
    @RegisterExtension
    static final AbiBaselines BASELINES = AbiBaselines.of(new ConsoleFactory(), Path.of("src/test/abi")).versions("1.0");

    @TestTemplate
    void aGuestSeesWhatWasFrozen(AbiBaseline baseline) {
        baseline.verify();
    }
}
