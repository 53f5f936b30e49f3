package org.sterna.device.virtioblk.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sterna.machine.MachineException;
import org.sterna.machine.abi.Model;
import org.sterna.machine.device.DeviceModel;
import org.sterna.testkit.DeviceBench;

/** What the bundle says about itself. */
class ModelTest {
    private final Model model = new BlockDeviceFactory().model();

    @Test
    void theAnnotationSaysWhatTheModelSays() {
        var annotation = BlockDeviceFactory.class.getAnnotation(DeviceModel.class);
        // The annotation is for bnd; if it is not kept at run time there is nothing to compare.
        assertEquals(model.type(), annotation.type());
        assertEquals(model.abi().toString(), annotation.abi());
        assertEquals(model.state().schema().version(), annotation.state());
        var names = new TreeSet<String>();
        model.features().forEach(feature -> names.add(feature.name()));
        assertEquals(names, new TreeSet<>(Set.of(annotation.features())));
    }

    @ParameterizedTest
    @CsvSource({"block-size,2560", "physical-block-size,5K", "queue-size,100", "serial,Gr\u00f6sse", "capacity,1536",
        "min-io,1536", "opt-io,1536", "min-io,64M"})
    void valuesThatDoNotGoTogetherAreRefused(String name, String value) {
        var properties = new java.util.HashMap<>(Map.of("drive", "none", name, value));
        if (value.equals("1536")) {
            properties.put("block-size", "1K");
        }
        var refused = assertThrows(MachineException.class, () -> new DeviceBench(new BlockDeviceFactory(), properties));
        assertEquals(MachineException.Kind.USAGE, refused.kind());
        assertEquals(name, refused.reasons().getFirst().item());
    }

    @Test
    void aPhysicalBlockIsNotSmallerThanALogicalOne() {
        assertThrows(MachineException.class, () -> new DeviceBench(new BlockDeviceFactory(),
            Map.of("drive", "none", "block-size", "8K")));
    }

    @Test
    void aDiskMustBeGiven() {
        var refused = assertThrows(MachineException.class, () -> new DeviceBench(new BlockDeviceFactory(), Map.of()));
        assertEquals("drive", refused.reasons().getFirst().item());
    }
}
