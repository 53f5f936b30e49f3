package org.sterna.testkit.conformance;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.sterna.testkit.conformance.Relay.Fault;
import org.sterna.testkit.conformance.Relay.Layout;

/** The hostile guest leaves a good virtio device alone, and finds each fault in each layout of the queues. */
class HostileGuestTest {
    private static final Map<Layout, Map<String, String>> PROPERTIES = Map.of(Layout.SPLIT, Map.of("ring-packed", "off"),
        Layout.PACKED, Map.of("ring-packed", "on"), Layout.LEGACY, Map.of("registers", "legacy"));

    private static Conformance conformanceOf(Relay relay) {
        return Conformance.of(relay, guest -> { }).patience(Duration.ofSeconds(1));
    }

    @Test
    void aGoodDevice() {
        Conformance.of(new Relay(Fault.NONE, Layout.SPLIT), guest -> { }).hostileGuest();
    }

    @ParameterizedTest
    @EnumSource
    void tryEachLayoutThatTheDeviceHas(Layout layout) {
        var found = assertThrows(AssertionError.class,
            () -> conformanceOf(new Relay(Fault.TRUSTS_HOW_MANY, layout)).hostileGuest());
        String said = layout == Layout.SPLIT ? "seed 1: " : PROPERTIES.get(layout).toString();
        assertTrue(found.getMessage().contains(said), found::getMessage);
    }

    static Stream<Arguments> faults() {
        var inEachLayout = Map.of(
            Fault.TRUSTS_ADDRESSES, "the device has thrown",
            Fault.NEVER_ENDS_A_CHAIN, "the device does not come back",
            Fault.TRUSTS_TABLE_LENGTHS, "the device has thrown",
            Fault.TRUSTS_HOW_MANY, "there is no place for one more",
            Fault.RESIZES_LIVE, "ArrayIndexOutOfBoundsException",
            Fault.ANSWERS_AFTER_RESET, "after a reset that the device has acknowledged",
            Fault.REFUSES_ITS_STATE, "a new device does not take the state: no queue has a size of");
        return Stream.concat(
            inEachLayout.entrySet().stream().sorted(Map.Entry.comparingByKey()).flatMap(fault ->
                Stream.of(Layout.values()).map(layout -> Arguments.of(fault.getKey(), layout, fault.getValue()))),
            Stream.of(
                Arguments.of(Fault.TRUSTS_PAGES, Layout.LEGACY, "the device has thrown"),
                Arguments.of(Fault.DIVIDES_BY_PAGE_SIZES, Layout.LEGACY, "/ by zero")));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void isFound(Fault fault, Layout layout, String message) {
        var relay = new Relay(fault, layout);
        try {
            AssertionError found = assertThrows(AssertionError.class,
                () -> conformanceOf(relay).with(() -> PROPERTIES.get(layout)).hostileGuest());
            assertTrue(found.getMessage().contains(message), found::getMessage);
        } finally {
            relay.end();
        }
    }
}
