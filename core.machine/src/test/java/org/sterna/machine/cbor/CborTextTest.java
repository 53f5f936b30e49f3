package org.sterna.machine.cbor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.upokecenter.cbor.CBOREncodeOptions;
import com.upokecenter.cbor.CBORObject;
import com.upokecenter.cbor.CBORType;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts of every length, compared with another library; and the wrong form in which earlier releases wrote long ones. */
class CborTextTest {
    private static final CBOREncodeOptions DETERMINISTIC = new CBOREncodeOptions("ctap2canonical=true;allowduplicatekeys=false;depthlimit=32");
    private static final CBOREncodeOptions DEFINITE = new CBOREncodeOptions("uselengthindefinitetexts=false;uselengthsindefinite=false");

    /** The characters of one to four bytes of UTF-8. */
    private static final List<String> CHARACTERS = List.of("a", "\u00e9", "\u20ac", "\ud83d\udc26");

    /** All lengths that are near one at which something changes: of the encoding, or of a library's buffers. */
    private static IntStream lengths() {
        return IntStream.of(0, 23, 24, 255, 256, 1000, 3996, 4000, 4095, 4096, 8000, 16000, 65535, 65536, 100_000)
            .flatMap(length -> IntStream.rangeClosed(Math.max(0, length - 2), length + 2)).sorted().distinct();
    }

    @Test
    void aTextOfAnyLengthHasTheOneEncodingThatTheStandardSays() throws CborException {
        for (String character : CHARACTERS) {
            for (int length : lengths().toArray()) {
                String text = character.repeat(length);
                byte[] encoded = Cbor.encode(text);
                assertArrayEquals(other(text), encoded, length + " times " + character);
                assertEquals(text, Cbor.decode(encoded));
            }
        }
    }

    /** A text that begins in the middle of a character of the length, as in a message. */
    @Test
    void aTextOfMixedCharactersToo() throws CborException {
        for (int length : lengths().toArray()) {
            for (String before : CHARACTERS) {
                String text = before + "\ud83d\udc26".repeat(length / 2);
                byte[] encoded = Cbor.encode(Map.of("key", text));
                assertArrayEquals(CBORObject.NewMap().Add("key", text).EncodeToBytes(DEFINITE), encoded);
                assertEquals(Map.of("key", text), Cbor.decode(encoded));
            }
        }
    }

    private static byte[] other(String text) {
        return CBORObject.FromObject(text).EncodeToBytes(DEFINITE);
    }

    @Property(tries = 100)
    void textsOfRandomLengthsAgreeWithAnotherLibrary(@ForAll @IntRange(max = 70_000) int length,
            @ForAll @IntRange(max = 3) int character, @ForAll @IntRange(max = 3) int last) throws CborException {
        String text = CHARACTERS.get(character).repeat(length) + CHARACTERS.get(last);
        assertArrayEquals(other(text), Cbor.encode(text));
        assertEquals(text, Cbor.decode(other(text)));
    }

    /** Whole trees, whose maps the other library sorts by its own rules, which are the same for these keys. */
    @Property(tries = 150)
    void treesAgreeWithAnotherLibrary(@ForAll("trees") Object tree) throws CborException {
        byte[] encoded = Cbor.encode(tree);
        CBORObject theirs = CBORObject.DecodeFromBytes(encoded, DETERMINISTIC);
        assertArrayEquals(encoded, theirs.EncodeToBytes(DETERMINISTIC));
        assertArrayEquals(encoded, Cbor.encode(tree(theirs)));
        assertArrayEquals(encoded, Cbor.encode(Cbor.decode(encoded)));
    }

    @Provide
    Arbitrary<Object> trees() {
        Arbitrary<Object> leaf = Arbitraries.oneOf(Arbitraries.longs().asGeneric(), Arbitraries.of(true, false).asGeneric(),
            Arbitraries.strings().withCharRange('\u0000', '\ud7ff').ofMaxLength(30).asGeneric(),
            Arbitraries.integers().between(3990, 12_010).map(length -> (Object) "x".repeat(length)),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(300).asGeneric());
        return Arbitraries.recursive(() -> leaf, inner -> Arbitraries.oneOf(
            inner.list().ofMaxSize(30).map(list -> (Object) list),
            Arbitraries.maps(Arbitraries.longs(), inner).ofMaxSize(30).map(map -> (Object) map),
            Arbitraries.maps(Arbitraries.strings().alpha().ofMaxLength(30), inner).ofMaxSize(30).map(map -> (Object) map)), 0, 2);
    }

    private static Object tree(CBORObject object) {
        if (object.getType() == CBORType.Array) {
            return object.getValues().stream().map(CborTextTest::tree).toList();
        }
        if (object.getType() == CBORType.Map) {
            var map = new TreeMap<Object, Object>(CborKeys.ORDER);
            object.getEntries().forEach(entry -> map.put(tree(entry.getKey()), tree(entry.getValue())));
            return map;
        }
        return switch (object.getType()) {
            case Boolean -> object.AsBoolean();
            case Integer -> object.AsInt64Value();
            case TextString -> object.AsString();
            default -> object.GetByteString();
        };
    }

    /** RFC 8949, section 4.2.1, for bytes: the library never gave them an indefinite length, and must not begin to. */
    @ParameterizedTest
    @ValueSource(ints = {0, 23, 24, 255, 256, 3996, 3997, 4096, 16_000, 65_535, 65_536, 1 << 20})
    void bytesOfAnyLengthHaveADefiniteOne(int length) throws CborException {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 0xa5);
        assertArrayEquals(CBORObject.FromObject(bytes).EncodeToBytes(), Cbor.encode(bytes));
        assertArrayEquals(bytes, (byte[]) Cbor.decode(Cbor.encode(bytes)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 23, 24, 255, 256, 65_535, 65_536})
    void listsOfAnyLengthHaveADefiniteOne(int length) throws CborException {
        var list = java.util.Collections.nCopies(length, (Object) true);
        assertArrayEquals(CBORObject.FromObject(list).EncodeToBytes(), Cbor.encode(list));
        assertEquals(list, Cbor.decode(Cbor.encode(list)));
    }

    @Test
    void longTextsInTheFormOfEarlierReleasesAreReadForEver() throws CborException {
        for (String character : CHARACTERS) {
            for (int length : lengths().toArray()) {
                String text = "x" + character.repeat(length);
                byte[] chunked = Cbor.encodeWithChunkedTexts(text);
                assertEquals(text, Cbor.decode(chunked));
                if (text.length() <= 3996) {
                    assertArrayEquals(Cbor.encode(text), chunked);
                } else {
                    assertEquals((byte) 0x7f, chunked[0]);
                    assertEquals((byte) 0xff, chunked[chunked.length - 1]);
                    assertEquals(text, CBORObject.DecodeFromBytes(chunked).AsString());
                }
            }
        }
    }

    /** The form by its definition, not by the code that writes it. */
    @Test
    void theFormOfEarlierReleasesIsExactlyThis() {
        String chunk = "790f9c" + "61".repeat(3996);
        assertEquals("7f" + chunk + "6161" + "ff", chunked("a".repeat(3997)));
        assertEquals("7f" + chunk + chunk + "ff", chunked("a".repeat(7992)));
        assertEquals("7f" + "790f9b" + "61".repeat(3995) + "66" + "f09f90a6" + "6161" + "ff",
            chunked("a".repeat(3995) + "\ud83d\udc26" + "aa"));
        assertEquals("a1" + "616b" + "7f" + chunk + "6161" + "ff",
            HexFormat.of().formatHex(Cbor.encodeWithChunkedTexts(Map.of("k", "a".repeat(3997)))));
    }

    private static String chunked(String text) {
        return HexFormat.of().formatHex(Cbor.encodeWithChunkedTexts(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "7f6161ff", // a short text in a chunk
        "7fff", // an empty text
        "7f7f6161ffff", // chunks in chunks
        "5f4101ff"}) // bytes
    void anyOtherIndefiniteLengthIsRefused(String hex) {
        assertThrows(CborException.class, () -> Cbor.decode(HexFormat.of().parseHex(hex)));
    }

    /** A writer has one form or the other: not other chunks, and not both forms in one encoding. */
    @Test
    void anyOtherChunkIsRefused() {
        String text = "a".repeat(5000);
        assertThrows(CborException.class, () -> Cbor.decode(chunks(4000, 1000)));
        assertThrows(CborException.class, () -> Cbor.decode(chunks(3995, 1005)));
        assertThrows(CborException.class, () -> Cbor.decode(chunks(3996, 1000, 4)));
        assertThrows(CborException.class, () -> Cbor.decode(chunks(5000)));
        assertThrows(CborException.class, () -> Cbor.decode(chunks(3996, 1004, 0)));
        assertArrayEquals(Cbor.encodeWithChunkedTexts(text), chunks(3996, 1004));
        byte[] mixed = concat(new byte[] {(byte) 0x82}, Cbor.encode(text), Cbor.encodeWithChunkedTexts(text));
        assertThrows(CborException.class, () -> Cbor.decode(mixed));
    }

    private static byte[] chunks(int... lengths) {
        byte[] all = {0x7f};
        for (int length : lengths) {
            all = concat(all, Cbor.encode("a".repeat(length)));
        }
        return concat(all, new byte[] {(byte) 0xff});
    }

    private static byte[] concat(byte[]... parts) {
        byte[] all = {};
        for (byte[] part : parts) {
            int at = all.length;
            all = Arrays.copyOf(all, at + part.length);
            System.arraycopy(part, 0, all, at, part.length);
        }
        return all;
    }

    @Test
    void aKeyHasAtMost4096Bytes() throws CborException {
        for (String longest : List.of("k".repeat(4096), "\u20ac".repeat(1365) + "k", "\ud83d\udc26".repeat(1024))) {
            Map<String, Object> map = Map.of(longest, 1L);
            assertEquals(map, Cbor.decode(Cbor.encode(map)));
            assertEquals(map, Cbor.decode(Cbor.encodeWithChunkedTexts(map)));
            assertThrows(IllegalArgumentException.class, () -> Cbor.encode(Map.of(longest + "k", 1L)));
            byte[] longer = CBORObject.NewMap().Add(longest + "k", 1).EncodeToBytes(DEFINITE);
            assertThrows(CborException.class, () -> Cbor.decode(longer));
        }
    }

    @Test
    void halfOfASurrogatePairHasNoEncoding() {
        for (String half : List.of("\ud83d", "a".repeat(5000) + "\ud83d", "\udc26".repeat(4000))) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> Cbor.encode(half)).getMessage().contains("surrogate"));
            assertThrows(IllegalArgumentException.class, () -> Cbor.encode(Map.of(half, 1L)));
        }
    }

    @Test
    void whatIsTooDeepToBeReadIsNotWritten() throws CborException {
        Object deep = List.of();
        for (int depth = 1; depth < Cbor.MAX_DEPTH; depth++) {
            deep = List.of(deep);
        }
        assertEquals(deep, Cbor.decode(Cbor.encode(deep)));
        Object deeper = List.of(deep);
        assertThrows(IllegalArgumentException.class, () -> Cbor.encode(deeper));
    }
}
