package org.sterna.machine.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.sterna.machine.state.Field;
import org.sterna.machine.state.StateType;

/** Which host properties name files: those that say so, and of older models those that might. */
class HostPathTest {
    record Nothing(@Field(1) long nothing) {
    }

    private static final Property<String> PATH = Property.host("path", new PropertyType.HostPath(100)).meaning("A file.");
    private static final Property<String> LONG = Property.host("long", new PropertyType.Text(4096)).meaning("A long text.");
    private static final Property<String> SHORT = Property.host("short", new PropertyType.Text(255)).meaning("A short text.");
    private static final Property<String> GUEST = Property.guest("guest", new PropertyType.Text(4096)).defaultValue("").meaning("Seen.");
    private static final Property<Long> NUMBER = Property.host("number", new PropertyType.Number(0, 9)).meaning("A number.");

    private static Model model(Property<?>... properties) {
        return new Model("thing", new AbiVersion(1, 0), List.of(properties), StateType.of("thing", Nothing.class));
    }

    @Test
    void aModelThatSaysWhichOfItsPropertiesArePathsIsBelieved() {
        Model model = model(PATH, LONG, SHORT, GUEST, NUMBER);
        assertTrue(model.mayBePath(PATH, "x"));
        assertFalse(model.mayBePath(LONG, "root=/dev/vda"));
        assertFalse(model.mayBePath(SHORT, "/etc/passwd"));
        assertFalse(model.mayBePath(GUEST, "/etc/passwd"));
    }

    @Test
    void anOlderModelIsTakenAtTheWorst() {
        Model model = model(LONG, SHORT, GUEST, NUMBER);
        assertTrue(model.mayBePath(LONG, "console"));
        assertFalse(model.mayBePath(LONG, ""));
        for (String path : List.of("/etc/passwd", "a/b", "./a", "..", ".bashrc", "~/a", "src")) {
            assertTrue(model.mayBePath(SHORT, path), path);
        }
        assertFalse(model.mayBePath(SHORT, "127.0.0.1:5555"));
        assertFalse(model.mayBePath(SHORT, "a\0b"));
        assertFalse(model.mayBePath(GUEST, "/etc/passwd"));
        assertFalse(model.mayBePath(NUMBER, 7L));
    }

    @Test
    void addressesAreThoseThatSaySoAndOfOlderModelsThoseThatMightBe() {
        Property<String> address = Property.host("address", new PropertyType.HostAddress()).meaning("Where it listens.");
        Model model = model(PATH, SHORT, address);
        assertTrue(model.mayBeAddress(address, "x"));
        assertFalse(model.mayBePath(address, "/etc/passwd"));
        assertFalse(model.mayBeAddress(SHORT, "0.0.0.0:22"));
        Model older = model(SHORT, GUEST, NUMBER);
        assertTrue(older.mayBeAddress(SHORT, "0.0.0.0:22"));
        assertTrue(older.mayBeAddress(SHORT, "[::]:65535"));
        assertFalse(older.mayBeAddress(SHORT, "console"));
        assertFalse(older.mayBeAddress(GUEST, "0.0.0.0:22"));
        assertFalse(older.mayBeAddress(NUMBER, 7L));
    }

    @Test
    void anAddressIsTextOfTheHostAlone() {
        var type = new PropertyType.HostAddress();
        assertEquals("localhost:1", type.parse("localhost:1"));
        assertThrows(IllegalArgumentException.class, () -> type.check("x".repeat(256)));
        assertThrows(IllegalArgumentException.class, () -> type.check(7L));
        var builder = Property.guest("address", type).defaultValue("");
        assertThrows(IllegalArgumentException.class, () -> builder.meaning("Nothing that a guest sees."));
    }

    @Test
    void aPathIsTextOfTheHostAlone() {
        assertEquals("path of at most 100 characters", PATH.type().range());
        assertEquals("/a b", PATH.type().parse("/a b"));
        assertEquals("'a\0b' has a NUL in it, which no path can have",
            assertThrows(IllegalArgumentException.class, () -> PATH.type().parse("a\0b")).getMessage());
        assertThrows(IllegalArgumentException.class, () -> PATH.type().check("x".repeat(101)));
        var builder = Property.guest("path", new PropertyType.HostPath(9)).defaultValue("");
        assertThrows(IllegalArgumentException.class, () -> builder.meaning("Nothing that a guest sees."));
    }
}
