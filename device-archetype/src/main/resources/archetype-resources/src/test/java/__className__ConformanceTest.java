package ${package};

import org.sterna.testkit.conformance.Conformance;
import org.sterna.testkit.conformance.DeviceConformance;
import org.sterna.testkit.conformance.ScriptedGuest;

/** What every device must keep to, whatever it does. */
class ${className}ConformanceTest extends DeviceConformance {
    @Override
    protected Conformance conformance() {
        return Conformance.of(new ${className}Factory(), ${className}ConformanceTest::script);
    }

    /** How a driver uses the device; between any two of its accesses the device may be replaced, and it must not notice. */
    private static void script(ScriptedGuest guest) {
        guest.note("magic", guest.read(${className}Device.MAGIC, 4));
        for (int i = 0; i < 10; i++) {
            guest.write(${className}Device.LEVEL, 4, guest.random().nextInt(120));
            guest.note("level", guest.read(${className}Device.LEVEL, 4));
            guest.note("writes", guest.read(${className}Device.WRITES, 4));
            guest.note("interrupt", guest.bench().interruptLevel());
        }
        guest.write(${className}Device.ACKNOWLEDGE, 4, 1);
        guest.note("interrupt", guest.bench().interruptLevel());
    }
}
