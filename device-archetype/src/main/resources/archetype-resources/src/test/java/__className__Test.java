package ${package};

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sterna.testkit.DeviceBench;

/** What the device does. */
class ${className}Test {
    @Test
    void itInterruptsAtTheLimit() {
        try (var bench = new DeviceBench(new ${className}Factory(), Map.of("limit", "10"))) {
            bench.write(${className}Device.LEVEL, 4, 9);
            assertFalse(bench.interruptLevel());
            bench.write(${className}Device.LEVEL, 4, 11);
            assertEquals(10, bench.read(${className}Device.LEVEL, 4));
            assertTrue(bench.interruptLevel());
            bench.write(${className}Device.ACKNOWLEDGE, 4, 1);
            assertFalse(bench.interruptLevel());
        }
    }
}
