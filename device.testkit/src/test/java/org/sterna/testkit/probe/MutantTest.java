package org.sterna.testkit.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.sterna.machine.device.Device;
import org.sterna.machine.device.DeviceContext;

class MutantTest {
    /** A method that is not passed on would be a change that nobody planted. */
    @Test
    void everythingElseIsPassedOn() {
        Class<?>[] wrappers = Mutant.class.getDeclaredClasses();
        for (Class<?> contract : new Class<?>[] {Device.class, DeviceContext.class}) {
            Class<?> wrapper = Arrays.stream(wrappers).filter(contract::isAssignableFrom).findFirst().orElseThrow();
            Set<String> passed = names(Arrays.stream(wrapper.getDeclaredMethods()));
            Set<String> missing = names(Arrays.stream(contract.getMethods()));
            missing.removeAll(passed);
            assertEquals(Set.of(), missing);
        }
    }

    private static Set<String> names(Stream<Method> methods) {
        return methods.map(Method::getName).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void withoutAChangeItIsTheOriginal() {
        AbiProbe probe = AbiProbe.of(new Toy());
        assertEquals(probe.run(), probe.madeBy(Mutant.of(new Toy())).run());
    }

    /** The condition of another property is about the default that was planted. */
    @Test
    void aDefaultThatOthersDependOn() {
        AbiProbe probe = AbiProbe.of(Mutant.of(new Toy()).withDefault("mark", "off"));
        assertEquals(AbiProbe.of(new Toy()).with("mark", "off").run(), probe.run());
        assertEquals(AbiProbe.of(new Toy()).run(), probe.with("mark", "on").run());
    }

    @Test
    void aPropertyThatIsNotThere() {
        assertThrows(IllegalArgumentException.class, () -> Mutant.of(new Toy()).withDefault("colour", "red"));
    }
}
