package org.sterna.machine.virt.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sterna.machine.abi.MachineType;

/** The machine types are frozen: what a released one says never changes. */
class MachineTypesTest {
    private static final Path FOLDER = Path.of("src/main/resources/STERNA-INF/machine-types");
    /** The released data files and their SHA-256. A line here never changes; a new machine type adds one. */
    private static final Map<String, String> FROZEN = Map.of(
        "virt-1.0", "befc866e3d49d2dd5797c859a8d9b9208aab6efc4ba8f9c452d1e82fb47e4bbf",
        "virt-1.1", "6ac0bdf53646373e5d6db2a5f59b179e37a1392779edacc97f6917c092d6100b",
        "virt-1.2", "5ff90312d25b1256d595e90a3c0e796e0dda0ee4dd1432cf0f7ca0bfef675faf",
        "virt-1.3", "f0a9786f28d7d2b8ba86cb5fb5dc0f9e1b0de729f8f3d0ce4baaf10adcd6edd1");

    private static byte[] content(String name) throws IOException {
        return Files.readAllBytes(FOLDER.resolve(name + ".json"));
    }

    private static MachineType read(String name) throws IOException {
        return MachineType.fromJson(new String(content(name), StandardCharsets.UTF_8));
    }

    static Set<String> names() {
        return FROZEN.keySet();
    }

    @ParameterizedTest
    @MethodSource("names")
    void aReleasedMachineTypeIsNeverEdited(String name) throws IOException, NoSuchAlgorithmException {
        String now = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content(name)));
        assertEquals(FROZEN.get(name), now, name + ".json has been edited, and running guests rely on what it said: "
            + "undo that and make a new machine type, the next " + read(name).family() + "-VERSION.json");
    }

    @Test
    void everyMachineTypeIsFrozen() throws IOException {
        try (var files = Files.list(FOLDER)) {
            assertEquals(new TreeSet<>(names()), files.map(file -> file.getFileName().toString().replaceAll("\\.json$", ""))
                .collect(Collectors.toCollection(TreeSet::new)), "a new machine type's SHA-256 belongs into FROZEN");
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void aMachineTypeIsNamedAsItsFileAndAsksForWhatTheBoardOffers(String name) throws IOException {
        MachineType type = read(name);
        assertEquals(name, type.name());
        var model = new VirtBoardFactory().model();
        assertEquals(model.type(), type.board());
        assertEquals("riscv64", type.processor());
        assertTrue(model.abi().offers(type.abi().get(type.board())));
    }

    /** What each type of a device, board or processor is in, from virt-1.0 on. */
    @ParameterizedTest
    @CsvSource({"virtio-blk, 1.0 1.1 1.2 1.3", "serial, 1.0 1.0 1.1 1.1", "pvclock, 1.0 1.0 1.1 1.1",
        "virt, 1.0 1.0 1.1 1.1", "riscv64, 1.0 1.0 1.1 1.1"})
    void theTableIs(String type, String versions) throws IOException {
        var found = new ArrayList<String>();
        for (String name : new TreeSet<>(names())) {
            found.add(read(name).abi().get(type).toString());
        }
        assertEquals(List.of(versions.split(" ")), found);
    }
}
