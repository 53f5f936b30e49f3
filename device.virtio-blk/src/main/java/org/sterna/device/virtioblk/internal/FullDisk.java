package org.sterna.device.virtioblk.internal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.util.Set;

/**
 * Tells a full disk from other errors of the host. Java passes on the system's text for an error and not its number, so the texts
 * are compared, in the language that the host speaks.
 */
final class FullDisk {
    /** No space left on the device, and the user's quota is used up (errno(3)). */
    private static final int[] NUMBERS = {28, 122};
    private static final Set<String> IN_ENGLISH = Set.of("No space left on device", "Disk quota exceeded");

    private static final MethodHandle STRERROR = Fallocate.function("strerror",
        FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final Set<String> HERE = STRERROR == null ? IN_ENGLISH : Set.of(text(NUMBERS[0]), text(NUMBERS[1]));

    private FullDisk() {
    }

    private static String text(int number) {
        try {
            var text = (MemorySegment) STRERROR.invokeExact(number);
            return text.reinterpret(Long.MAX_VALUE).getString(0, Charset.defaultCharset());
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether something failed since there is no room for it. */
    static boolean is(Exception failure) {
        String message = failure.getMessage();
        return message != null && (HERE.contains(message) || IN_ENGLISH.contains(message));
    }
}
