package org.sterna.machine.virt.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.sterna.machine.abi.AbiVersion;
import org.sterna.machine.abi.MachineType;

/** The machine types are frozen: what a released one says never changes. */
class MachineTypesTest {
    private static MachineType read(String name) throws IOException {
        try (var in = MachineTypesTest.class.getResourceAsStream("/STERNA-INF/machine-types/" + name + ".json")) {
            assertNotNull(in, name);
            return MachineType.fromJson(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void virtDiffersFromVersionToVersionInTheDiskAlone() throws IOException {
        MachineType first = read("virt-1.0");
        MachineType second = read("virt-1.1");
        assertEquals("virt-1.0", first.name());
        assertEquals("virt-1.1", second.name());
        assertEquals("virt", second.family());
        assertEquals("riscv64", first.processor());
        assertEquals(AbiVersion.parse("1.0"), first.abi().get("virtio-blk"));
        assertEquals(AbiVersion.parse("1.1"), second.abi().get("virtio-blk"));
        assertEquals(first.abi().keySet(), second.abi().keySet());
        for (String type : new String[] {"pvclock", "riscv64", "serial", "virt"}) {
            assertEquals(AbiVersion.parse("1.0"), first.abi().get(type), type);
            assertEquals(AbiVersion.parse("1.0"), second.abi().get(type), type);
        }
    }

    @Test
    void theBoardOffersWhatTheMachineTypesAskFor() throws IOException {
        var model = new VirtBoardFactory().model();
        for (String name : new String[] {"virt-1.0", "virt-1.1"}) {
            MachineType type = read(name);
            assertEquals(model.type(), type.board());
            assertTrue(model.abi().offers(type.abi().get(type.board())));
        }
    }
}
