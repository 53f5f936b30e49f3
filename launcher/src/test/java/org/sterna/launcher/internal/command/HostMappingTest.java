package org.sterna.launcher.internal.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sterna.machine.MachineException;

class HostMappingTest {
    @Test
    void groupsByPath() {
        assertEquals(Map.of("/a@0", Map.of("x", "1", "y", "p=q.r"), "/b@1", Map.of("x", "")),
            HostMapping.parse(List.of("/a@0.x=1", "/a@0.y=p=q.r", "/b@1.x=")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a@0.x=1", "/a@0", "/a@0=1", "/a@0.=1", "/.x=1", "/a@0.x"})
    void refusesEverythingElse(String mapping) {
        assertThrows(MachineException.class, () -> HostMapping.parse(List.of(mapping)));
    }

    @Test
    void refusesTheSamePropertyTwice() {
        assertThrows(MachineException.class, () -> HostMapping.parse(List.of("/a@0.x=1", "/a@0.x=2")));
    }
}
