package org.sterna.machine.cbor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CborTest {
    private static final HexFormat HEX = HexFormat.of();

    /** RFC 8949, appendix A. */
    @Test
    void encodesAsTheStandardSays() throws CborException {
        assertEquals("1903e8", HEX.formatHex(Cbor.encode(1000L)));
        assertEquals("3903e7", HEX.formatHex(Cbor.encode(-1000L)));
        assertEquals("1b000000e8d4a51000", HEX.formatHex(Cbor.encode(1000000000000L)));
        assertEquals("f5", HEX.formatHex(Cbor.encode(true)));
        assertEquals("4401020304", HEX.formatHex(Cbor.encode(new byte[] {1, 2, 3, 4})));
        assertEquals("62c3bc", HEX.formatHex(Cbor.encode("\u00fc")));
        assertEquals("8301820203820405", HEX.formatHex(Cbor.encode(List.of(1L, List.of(2L, 3L), List.of(4L, 5L)))));
        assertEquals("a201020304", HEX.formatHex(Cbor.encode(new TreeMap<>(Map.of(1L, 2L, 3L, 4L)))));
        assertEquals("a2616101616203", HEX.formatHex(Cbor.encode(Map.of("b", 3L, "a", 1L))));
    }

    /** RFC 8949, section 4.2.1: keys in the bytewise order of their encodings. */
    @Test
    void sortsKeys() {
        assertEquals("a30a011864012002", HEX.formatHex(Cbor.encode(Map.of(-1L, 2L, 100L, 1L, 10L, 1L))));
        assertEquals("a2617a0162616102", HEX.formatHex(Cbor.encode(Map.of("aa", 2L, "z", 1L))));
    }

    @ParameterizedTest
    @CsvSource({"1800,not shortest", "9f01ff,indefinite", "a2026161016162,unsorted", "a201010101,twice",
        "0102,bytes after", "a1616101616200,bytes after", "f6,null", "fb3ff0000000000000,float", "c001,tag",
        "1bffffffffffffffff,beyond 64 bits", "8201,cut", "5f4101ff,indefinite bytes", "a162313201,text that reads as integer",
        "5a7fffffff00,cut bytes", "9a7fffffff,cut array",
        "63eda080,half of a surrogate pair"})
    void refusesWhatIsNotDeterministic(String hex, String why) {
        assertThrows(CborException.class, () -> Cbor.decode(HEX.parseHex(hex)), why);
    }

    /** Of a byte each, they would take thirty times as much memory. */
    @Test
    void refusesMoreItemsThanAreUseful() throws CborException {
        List<Object> most = Collections.nCopies(Cbor.MAX_ITEMS - 1, List.of());
        byte[] encoded = Cbor.encode(most);
        assertEquals(most.size(), ((List<?>) Cbor.decode(encoded)).size());
        assertThrows(IllegalArgumentException.class, () -> Cbor.encode(Collections.nCopies(Cbor.MAX_ITEMS, List.of())));
        byte[] more = Arrays.copyOf(encoded, encoded.length + 1);
        more[encoded.length] = (byte) 0x80;
        System.arraycopy(HEX.parseHex("9a00040000"), 0, more, 0, 5);
        assertTrue(assertThrows(CborException.class, () -> Cbor.decode(more)).getMessage().contains("items"));
    }

    @Test
    void refusesDeepNesting() {
        byte[] deep = new byte[1000];
        Arrays.fill(deep, (byte) 0x81);
        assertThrows(CborException.class, () -> Cbor.decode(deep));
        assertThrows(CborException.class, () -> Cbor.decode(new byte[0]));
    }

    @Test
    void refusesToEncodeWhatHasNoPlace() {
        assertThrows(IllegalArgumentException.class, () -> Cbor.encode(1.5));
        assertThrows(IllegalArgumentException.class, () -> Cbor.encode(1));
        assertThrows(IllegalArgumentException.class, () -> Cbor.encode(Map.of("12", 1L)));
        assertThrows(IllegalArgumentException.class, () -> Cbor.encode(Map.of(1L, 1L, "a", 1L)));
    }

    @Property
    void whatIsEncodedComesBack(@ForAll("trees") Object tree) throws CborException {
        byte[] bytes = Cbor.encode(tree);
        assertArrayEquals(bytes, Cbor.encode(Cbor.decode(bytes)));
    }

    @Property(tries = 2000)
    void anyBytesAreATreeOrAnException(@ForAll byte[] bytes) {
        try {
            assertArrayEquals(bytes, Cbor.encode(Cbor.decode(bytes)));
        } catch (CborException e) {
            assertTrue(!e.getMessage().isEmpty());
        }
    }

    @Property(tries = 2000)
    void aFlippedBitIsAnotherTreeOrAnException(@ForAll("trees") Object tree, @ForAll int where) {
        byte[] bytes = Cbor.encode(tree);
        int bit = Math.floorMod(where, bytes.length * 8);
        bytes[bit / 8] ^= (byte) (1 << bit % 8);
        anyBytesAreATreeOrAnException(bytes);
    }

    @Provide
    Arbitrary<Object> trees() {
        Arbitrary<Object> leaf = Arbitraries.oneOf(Arbitraries.longs().asGeneric(), Arbitraries.of(true, false).asGeneric(),
            Arbitraries.strings().withCharRange('\u0000', '\ud7ff').ofMaxLength(20).asGeneric(), Arbitraries.bytes().array(byte[].class).ofMaxSize(40).asGeneric());
        return Arbitraries.recursive(() -> leaf, inner -> Arbitraries.oneOf(
            inner.list().ofMaxSize(4).map(list -> (Object) new ArrayList<>(list)),
            Arbitraries.maps(Arbitraries.longs(), inner).ofMaxSize(4).map(map -> (Object) map),
            Arbitraries.maps(Arbitraries.strings().alpha().ofMaxLength(8), inner).ofMaxSize(4).map(map -> (Object) map)), 0, 3);
    }
}
