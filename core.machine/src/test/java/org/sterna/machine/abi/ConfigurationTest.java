package org.sterna.machine.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.sterna.machine.abi.PropertyType.Choice;
import org.sterna.machine.abi.PropertyType.Number;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

class ConfigurationTest {
    private static final Property<String> REGISTERS = Property.guest("registers", new Choice(List.of("modern", "legacy")))
        .since("1.1").before("modern").defaultValue("modern").meaning("The layout.");
    private static final Property<Boolean> BARRIER = Property.feature("barrier", 0).since("1.1")
        .when(REGISTERS, "legacy").meaning("Ordered requests.");
    private static final Property<Long> SIZE = Property.guest("size", new Number(1, 100)).changeable()
        .meaning("Read off the host.");
    private static final Property<Long> STRANGE = Property.guest("strange", new Number(1, 100)).meaning("Of another model.");
    private static final Model MODEL =
        new Model("disk", new AbiVersion(1, 1), List.of(REGISTERS, BARRIER, SIZE), StateType.of("disk", Nothing.class));

    record Nothing(@Field(1) int nothing) {
    }

    private final List<String> complaints = new ArrayList<>();

    private Configuration of(Map<String, String> given) {
        return Configuration.ofUser(MODEL, MODEL.abi(), given, (property, text) -> complaints.add(property.name() + ": " + text));
    }

    @Test
    void aPropertyWhoseConditionDoesNotHoldIsAbsent() {
        var configuration = of(Map.of());
        assertEquals(false, configuration.get(BARRIER));
        assertEquals(Map.of(), configuration.part(0).settings());
    }

    @Test
    void aPropertyWhoseConditionHoldsHasItsDefault() {
        var configuration = of(Map.of("registers", "legacy"));
        assertEquals(true, configuration.get(BARRIER));
        assertEquals(Provenance.MACHINE_TYPE, configuration.part(0).settings().get("barrier").provenance());
        assertEquals(Provenance.USER, configuration.part(0).settings().get("registers").provenance());
        assertEquals(List.of(), complaints);
    }

    @Test
    void aPropertyThatIsGivenWhereItMeansNothingIsRefusedWithItsCondition() {
        of(Map.of("barrier", "on"));
        assertEquals(List.of("barrier: it means something only with registers=legacy"), complaints);
        complaints.clear();
        of(Map.of("barrier", "off"));
        assertEquals(List.of(), complaints);
    }

    @Test
    void anOpenValueIsLockedOnceAndSaysWhereItCameFrom() {
        var configuration = of(Map.of());
        assertNull(configuration.get(SIZE));
        configuration.lock(SIZE, 7L);
        assertEquals(new Setting(7L, Provenance.HOST), configuration.part(0).settings().get("size"));
        assertThrows(IllegalStateException.class, () -> configuration.lock(SIZE, 8L));
    }

    /** A geometry that is locked at creation, in a version of the ABI that came later, and only where there is one. */
    @Test
    void anOpenValueUnderAConditionIsOpenOnlyWhereItHolds() {
        var heads = Property.guest("heads", new Number(0, 255)).since("1.1").before(0L).when(REGISTERS, "legacy")
            .meaning("Read off the host.");
        var model = new Model("disk", new AbiVersion(1, 1), List.of(REGISTERS, heads), MODEL.state());
        var without = Configuration.ofUser(model, model.abi(), Map.of(), (property, text) -> { });
        assertEquals(0L, without.get(heads));
        assertThrows(IllegalStateException.class, () -> without.lock(heads, 7L));
        var older = Configuration.ofUser(model, Property.FIRST, Map.of(), (property, text) -> { });
        assertEquals(0L, older.get(heads));
        var with = Configuration.ofUser(model, model.abi(), Map.of("registers", "legacy"), (property, text) -> { });
        assertNull(with.get(heads));
        assertNull(Configuration.ofPart(model, with.part(0), Map.of()).get(heads));
        for (long value : new long[] {7, 0}) {
            var locked = Configuration.ofPart(model, with.part(0), Map.of());
            locked.lock(heads, value);
            var arrived = Configuration.ofPart(model, locked.part(0), Map.of());
            assertEquals(value, arrived.get(heads));
            assertEquals(locked.part(0), arrived.part(0));
        }
    }

    @Test
    void nothingThatWasReadOffTheHostTakesThePlaceOfADefault() {
        var configuration = of(Map.of());
        assertEquals(List.of(SIZE), configuration.open());
        var refusal = assertThrows(IllegalStateException.class, () -> configuration.lock(REGISTERS, "legacy"));
        assertEquals("registers has a default under ABI 1.1, so it cannot be read off the host", refusal.getMessage());
        assertThrows(IllegalStateException.class, () -> configuration.lock(STRANGE, 1L), "not of the model");
        assertThrows(IllegalArgumentException.class, () -> configuration.lock(SIZE, 101L), "out of range");
        assertEquals("modern", configuration.get(REGISTERS));
    }

    @Test
    void onlyWhatIsChangeableChangesAndIsTheUsersFromThenOn() {
        var configuration = of(Map.of());
        configuration.lock(SIZE, 7L);
        assertEquals(Provenance.HOST, configuration.part(0).settings().get("size").provenance());
        configuration.change(SIZE, 8L);
        assertEquals(new Setting(8L, Provenance.USER), configuration.part(0).settings().get("size"));
        assertThrows(IllegalStateException.class, () -> configuration.change(REGISTERS, "legacy"));
        assertThrows(IllegalArgumentException.class, () -> configuration.change(SIZE, 0L));
    }

    @Test
    void aFeatureOrAHostPropertyIsNotChangeable() {
        assertThrows(IllegalArgumentException.class, () -> Property.feature("f", 1).changeable().meaning("F."));
        assertThrows(IllegalArgumentException.class, () -> Property.host("h", new Number(0, 1)).changeable().meaning("H."));
    }

    @Test
    void provenanceSurvivesAnyNumberOfHops() {
        var configuration = of(Map.of("registers", "legacy"));
        configuration.lock(SIZE, 7L);
        PartAbi part = configuration.part(0);
        for (int hop = 0; hop < 3; hop++) {
            part = Configuration.ofPart(MODEL, part, Map.of()).part(0);
        }
        assertEquals(configuration.part(0), part);
    }

    @Test
    void aModelListsAConditionBeforeWhatDependsOnIt() {
        assertThrows(IllegalArgumentException.class, () -> new Model("disk", MODEL.abi(), List.of(BARRIER, REGISTERS),
            MODEL.state()));
    }
}
