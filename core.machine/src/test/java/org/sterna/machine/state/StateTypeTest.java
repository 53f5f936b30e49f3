package org.sterna.machine.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.sterna.machine.cbor.Cbor;
import org.sterna.machine.cbor.CborException;

class StateTypeTest {
    record Queue(@Field(1) short index, @Field(2) boolean ready, @Field(id = 3, since = 3) @Default("0x10") int size) {
    }

    record Sample(@Field(2) String name, @Field(1) byte level, @Field(3) long count, @Field(4) byte[] fifo,
            @Field(5) List<Queue> queues, @Field(6) Queue main, @Field(7) long[] registers,
            @Field(id = 8, since = 2) @Default("-5") long added, @Field(id = 9, since = 2) @Default("") List<Long> more,
            @Field(id = 10, since = 2) @Default("ff00") @Mandatory byte[] needed,
            @Field(id = 11, since = 2, extension = "fix-1") @Default("true") boolean extra,
            @Field(id = 12, since = 2) @Default("") @Ignorable("the guest re-reads it") String hint) {
    }

    private static final StateType<Sample> TYPE = StateType.of("sample", Sample.class);

    private static Sample sample() {
        return new Sample("n", (byte) -3, Long.MIN_VALUE, new byte[] {1, 2}, List.of(new Queue((short) 1, true, 64)),
            new Queue((short) -1, false, 0), new long[] {1, -1}, 7, List.of(1L), new byte[0], false, "h");
    }

    @Test
    void readsTheSchemaFromTheRecord() {
        StateSchema schema = TYPE.schema();
        assertEquals(3, schema.version(), "a nested field of version 3 counts");
        assertEquals("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]", schema.fields().stream().map(FieldSchema::id).toList().toString());
        assertEquals(FieldType.Scalar.I8, schema.fields().get(0).type());
        assertEquals(Criticality.MANDATORY, schema.fields().get(0).criticality());
        assertEquals(Criticality.IGNORABLE_IF_DEFAULT, schema.fields().get(7).criticality());
        assertEquals(Criticality.MANDATORY, schema.fields().get(9).criticality());
        assertEquals(Criticality.IGNORABLE, schema.fields().get(11).criticality());
        assertTrue(schema.fields().get(7).isDefault(-5L));
        assertFalse(schema.fields().get(7).isDefault(5L));
        assertTrue(schema.fields().get(9).isDefault(new byte[] {(byte) 0xff, 0}));
        assertTrue(schema.fields().get(8).isDefault(List.of()));
        assertEquals("[fix-1]", schema.extensions().toString());
    }

    @Test
    void goesThroughTheTreeAndBack() throws StateException, CborException {
        byte[] bytes = Cbor.encode(TYPE.toTree(sample()));
        Sample back = TYPE.fromTree(tree(bytes));
        assertEquals("n", back.name());
        assertEquals(-3, back.level());
        assertArrayEquals(new long[] {1, -1}, back.registers());
        assertEquals(List.of(new Queue((short) 1, true, 64)), back.queues());
        assertArrayEquals(bytes, Cbor.encode(TYPE.toTree(back)));
    }

    @SuppressWarnings("unchecked")
    private static Map<Long, Object> tree(byte[] bytes) throws CborException {
        return (Map<Long, Object>) Cbor.decode(bytes);
    }

    @Test
    void fillsDefaults() throws StateException {
        var tree = new TreeMap<>(TYPE.toTree(sample()));
        for (long id = 8; id <= 12; id++) {
            tree.remove(id);
        }
        tree.put(6L, Map.of(1L, 2L, 2L, true));
        Sample back = TYPE.fromTree(tree);
        assertEquals(-5, back.added());
        assertTrue(back.extra());
        assertEquals(16, back.main().size());
    }

    @Test
    void saysWhichFieldDoesNotFit() {
        assertField("name", 2, 5L);
        assertField("level", 1, 128L);
        assertField("fifo", 4, "text");
        assertField("queues[0].ready", 5, List.of(Map.of(1L, 1L, 2L, 1L)));
        assertField("queues[0].index", 5, List.of(Map.of(2L, true)));
        assertField("main", 6, List.of());
        assertField("registers[1]", 7, List.of(1L, "x"));
        var tree = new TreeMap<>(TYPE.toTree(sample()));
        tree.remove(3L);
        assertEquals("count", assertThrows(StateException.class, () -> TYPE.fromTree(tree)).field());
    }

    private static void assertField(String expected, long id, Object value) {
        var tree = new TreeMap<>(TYPE.toTree(sample()));
        tree.put(id, value);
        assertEquals(expected, assertThrows(StateException.class, () -> TYPE.fromTree(tree)).field());
    }

    @Property
    void anyIntegersComeBack(@ForAll byte level, @ForAll long count, @ForAll short index, @ForAll int size)
            throws StateException {
        var state = new Sample("", level, count, new byte[0], List.of(), new Queue(index, true, size), new long[] {count},
            count, List.of(count), new byte[0], true, "");
        Sample back = TYPE.fromTree(TYPE.toTree(state));
        assertEquals(state.main(), back.main());
        assertEquals(level, back.level());
        assertEquals(count, back.count());
    }

    record NoField(long a) {
    }

    record TwoIds(@Field(value = 1, id = 2) long a) {
    }

    record SameId(@Field(1) long a, @Field(1) long b) {
    }

    record BadType(@Field(1) Object a) {
    }

    record BadDefault(@Field(1) @Default("x") long a) {
    }

    record HintWithoutDefault(@Field(1) @Ignorable("why") long a) {
    }

    @Test
    void refusesRecordsThatAreNoState() {
        for (Class<? extends Record> wrong : List.of(NoField.class, TwoIds.class, SameId.class, BadType.class,
                BadDefault.class, HintWithoutDefault.class)) {
            assertThrows(IllegalArgumentException.class, () -> StateType.of("x", wrong), wrong.getSimpleName());
        }
    }

    record Picky(@Field(1) int a) {
        Picky {
            if (a < 0) {
                throw new IllegalArgumentException("a is negative");
            }
        }
    }

    @Test
    void aRecordThatRefusesItsValuesIsAStateException() {
        var type = StateType.of("picky", Picky.class);
        var e = assertThrows(StateException.class, () -> type.fromTree(Map.of(1L, -1L)));
        assertTrue(e.getMessage().contains("a is negative"));
    }
}
