package org.sterna.itests.bundles;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;
import org.sterna.itests.bundles.MachineProbe.Wish;
import org.sterna.machine.Machine;
import org.sterna.machine.Machines;
import org.sterna.machine.abi.AbiDifference;
import org.sterna.machine.abi.AbiDocument;
import org.sterna.machine.abi.Property;

/**
 * The documents of two machine types differ in nothing but properties, and these are all that a guest can notice: with
 * each of them set to its value under the other machine type, a guest sees the other, bit for bit.
 */
@ExtendWith(ServiceExtension.class)
class AbiDifferenceTest {
    @InjectService(timeout = 10_000)
    Machines machines;
    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} made to look like {1}, registers={2}")
    @CsvSource({"virt-1.2, virt-1.0, modern", "virt-1.0, virt-1.2, modern", "virt-1.2, virt-1.1, legacy",
        "virt-1.3, virt-1.2, legacy", "virt-1.2, virt-1.3, legacy", "virt-1.0, virt-1.3, modern"})
    void aGuestSeesTheOtherMachineType(String type, String other, String registers) throws Exception {
        var probe = new MachineProbe(machines, folder);
        Wish wish = Wish.of(type).with("virtio-blk", "registers", registers);
        Wish wanted = Wish.of(other).with("virtio-blk", "registers", registers);
        AbiDocument goal = document(probe, wanted);
        for (AbiDifference difference : AbiDifference.between(document(probe, wish), goal)) {
            assertEquals(AbiDifference.Kind.PROPERTY, difference.kind(), difference.toString());
            String part = difference.path().replaceAll("^/|@[0-9]+$", "");
            wish = wish.with(part, difference.item(), text(part, difference));
        }
        assertEquals(List.of(), AbiDifference.between(document(probe, wish), goal));
        assertEquals(List.of(), probe.run(wish).changesSince(probe.run(wanted)), wish.toString());
    }

    /** The document with what is read off the host, such as the capacity of the disk. */
    private static AbiDocument document(MachineProbe probe, Wish wish) throws IOException {
        try (Machine machine = probe.create(wish)) {
            machine.attach();
            return machine.abi();
        }
    }

    /** What a user gives for the value of a property in the other machine. */
    private String text(String part, AbiDifference difference) {
        Property<?> property = machines.models(part).getFirst().model().property(difference.item()).orElseThrow();
        return text(property, difference.b());
    }

    private static <T> String text(Property<T> property, Object value) {
        @SuppressWarnings("unchecked")
        T typed = value == null ? property.before() : (T) value;
        return property.type().text(typed);
    }
}
