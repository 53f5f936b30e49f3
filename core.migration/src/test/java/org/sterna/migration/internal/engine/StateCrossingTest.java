package org.sterna.migration.internal.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.sterna.machine.InstalledModel;
import org.sterna.migration.StateCrossing;
import org.sterna.migration.Verdict.Outcome;

/** A device alone, without a machine and its guest ABI, as the test kit has it. */
class StateCrossingTest {
    @Test
    void aDeviceWithoutAMachineCrosses() {
        try (var hosts = new TwoHosts()) {
            InstalledModel disk = hosts.newHost.models().stream().filter(model -> model.model().type().equals("disk"))
                .findFirst().orElseThrow();
            var state = FakeHost.DISK.toTree(new FakeHost.DiskState(List.of(1L), new byte[] {2}));
            assertEquals(Outcome.OK, StateCrossing.of("/disk@0", disk, state, Set.of(), disk).verdict().outcome());
        }
    }
}
